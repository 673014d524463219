"""What a client's calls end with when its process stops (D13)."""

from __future__ import annotations

import asyncio

import pytest

from fusionrt import OutcomeUnknown, RemoteUnavailable
from tests.lab import TinyLab, in_memory
from tests.waiting import until


async def test_D13_a_client_that_leaves_does_not_know_what_became_of_a_command() -> None:
    """It was sent, and runs: to say that it cannot be reached would say it did not."""
    lab = TinyLab({"a": 1})
    async with in_memory(lab) as two:
        command = asyncio.ensure_future(two.client.slow_put("a", 2))
        plain = asyncio.ensure_future(two.client.wait())
        read = asyncio.ensure_future(two.client.slow("a"))
        await until(lambda: lab.waiting == 3)
        two.calling._open().wires.caller.peer("lab").close()
        with pytest.raises(OutcomeUnknown, match="may have run"):
            await command
        with pytest.raises(OutcomeUnknown, match="may have run"):
            await plain
        with pytest.raises(RemoteUnavailable) as told:
            await read
        assert told.value.may_have_run
