"""A log that is closed while something is to be stored in it, or read from it."""

from __future__ import annotations

import asyncio
import logging
from types import SimpleNamespace
from typing import Any

import pytest

from fusionrt import JetStreamUnavailable
from fusionrt.operations import StoredOperation
from fusionrt.operations.jetstream.storing import Storing
from fusionrt.operations.stored import whole
from fusionrt.testing import run


class Silent:
    """A journal that nobody reaches."""

    name = "silent"

    async def append(self, *_: object) -> Any:
        raise JetStreamUnavailable(self.name, "no answer in time")


@pytest.mark.parametrize("seconds", [0.0, 1.0, 60.0])
def test_O20_what_can_be_stored_no_more_is_told(
    seconds: float, caplog: pytest.LogCaptureFixture
) -> None:
    """By a command that ends after its log was closed, too; and nobody tries for ever."""

    async def main() -> None:
        follower: Any = SimpleNamespace(iid="1", transport=SimpleNamespace(max_payload=10_000))
        journal: Any = Silent()
        storing = Storing(journal, follower)
        told = StoredOperation("1", "1", "lab.put", whole(["lab"]))
        ending = asyncio.create_task(storing.store(told))
        await asyncio.sleep(seconds)
        await storing.close()
        with pytest.raises(JetStreamUnavailable):
            await ending

    with caplog.at_level(logging.ERROR):
        run(main(), seed=0)
    assert caplog.text.count("1 operations were not stored in silent") == 1
