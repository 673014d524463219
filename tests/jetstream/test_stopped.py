"""A host that was stopped, or did not hear, for half of the time that its log is kept (O9)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

from fusionrt import Computed, Host, JetStreamLog
from fusionrt.operations.jetstream.following import Following
from fusionrt.transport.memory import MemoryNetwork
from tests.lab import LabClient, TinyLab
from tests.virtual import virtual

RETENTION: Final = 600.0


@dataclass
class Stopped:
    """A host that has read all of its log, and a client of another process."""

    lab: TinyLab
    client: LabClient
    following: Following

    async def unheard(self, seconds: float) -> Computed[int]:
        """A result from before it has heard nothing for so long."""
        held = await self.lab.computed.double("a")
        self.following._current -= seconds
        return held


@asynccontextmanager
async def stopped() -> AsyncIterator[Stopped]:
    network, lab = MemoryNetwork(0), TinyLab({"a": 1})
    log = JetStreamLog(retention=RETENTION)
    async with (
        Host(transport=network.connect("one"), log=log) as host,
        Host(transport=network.connect("two")) as other,
    ):
        await host.serve(lab)
        opened = host._open().commits.nudges.log
        following = getattr(opened, "_following", None)
        assert isinstance(following, Following)
        client = other.client(LabClient)
        await client.double("b")
        yield Stopped(lab, client, following)


@virtual
async def test_O9_half_of_the_retention_is_what_a_host_may_be_behind() -> None:
    """Below that nothing is dropped; above it everything, once."""
    async with stopped() as it:
        held = await it.unheard(RETENTION / 2 - 5)
        it.following.check()
        assert held.is_consistent
        it.following._current -= 10
        it.following.check()
        assert not held.is_consistent
        again = await it.lab.computed.double("a")
        it.following.check()
        assert again.is_consistent


@virtual
async def test_O9_what_says_that_all_is_well_is_not_taken_from_before_a_long_stop() -> None:
    """It may have been sent while the process was stopped."""
    async with stopped() as it:
        held = await it.unheard(RETENTION / 2 + 1)
        it.following.nothing_left()
        assert not held.is_consistent


@virtual
async def test_O9_a_host_looks_at_its_clock_before_it_answers() -> None:
    """The call of a client comes first when a process goes on, before anything of the log."""
    async with stopped() as it:
        held = await it.unheard(RETENTION / 2 + 1)
        it.lab.data["a"] = 5
        assert await it.client.double("a") == 10
        assert not held.is_consistent
