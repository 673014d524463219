"""The laws of the log can fail: a host with a mistake breaks them, in one run and each time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Final
from unittest.mock import patch

import pytest

from fusionrt import Host, JetStreamLog, operation
from fusionrt.operations import Nudges, OpenLog
from fusionrt.operations.jetstream.following import _Ear
from fusionrt.operations.jetstream.storing import Storing
from fusionrt.testing import run
from fusionrt.transport import Record
from fusionrt.transport.memory import MemoryNetwork
from fusionrt.transport.memory_journal import MemoryStream
from tests.holding import held
from tests.lab import TinyLab
from tests.simulation.mutants import Edit, Mutant, mutated

from .hosts import STREAM

FOLLOWING = "operations.jetstream.following:"
NAMES = "one", "two", "three"
LONG: Final = 10.0
"""Virtual seconds after which everybody has read everything."""


@dataclass
class World:
    """Three hosts with the same data that hear no nudges."""

    network: MemoryNetwork
    data: dict[str, int]
    labs: dict[str, TinyLab]
    iids: dict[str, str] = field(default_factory=dict)
    logs: dict[str, OpenLog] = field(default_factory=dict)

    async def put(self, key: str, value: int) -> None:
        """By the first host."""
        await self.labs["one"].put(key, value)

    async def wrong(self, name: str) -> list[str]:
        """What a host reads otherwise than it is."""
        lab = self.labs[name]
        return [key for key, value in self.data.items() if await lab.double(key) != 2 * value]

    @contextmanager
    def losing_one(self) -> Iterator[None]:
        """The next record of the log that is sent to the second host is lost on the way."""
        record, iid, lost = _Ear.record, self.iids["two"], list[Record]()

        def hears(ear: _Ear, sent: Record) -> None:
            if ear._following._follower.iid == iid and not lost:
                lost.append(sent)
            else:
                record(ear, sent)

        with patch.object(_Ear, "record", hears):
            yield
            assert lost

    @property
    def stream(self) -> MemoryStream:
        """The log, at the broker."""
        return self.network.streams[STREAM]


@asynccontextmanager
async def world() -> AsyncIterator[World]:
    """All results are cached everywhere."""
    network, data = MemoryNetwork(0), {"a": 0, "b": 0}
    labs = {name: TinyLab(data) for name in NAMES}
    made = World(network, data, labs)
    async with AsyncExitStack() as exits:
        exits.enter_context(patch.object(Nudges, "tell", lambda *_: None))
        for name, lab in labs.items():
            host = Host(transport=network.connect(name), log=JetStreamLog(retention=3600.0))
            await (await exits.enter_async_context(host)).serve(lab)
            made.iids[name] = host.iid
            log = host._open().commits.nudges.log
            assert log is not None
            made.logs[name] = log
        await made.put("a", 1)  # a position from which everybody reads on
        await asyncio.sleep(LONG)
        assert [await made.wrong(name) for name in NAMES] == [[], [], []]
        yield made


async def a_record_is_lost(world: World) -> list[str]:
    """On the way to the second host; the next one comes (O4)."""
    with world.losing_one():
        await world.put("a", 2)
    await world.put("b", 2)
    await asyncio.sleep(LONG)
    return await world.wrong("two")


async def the_last_record_is_lost(world: World) -> list[str]:
    """No other one comes after it (O4)."""
    with world.losing_one():
        await world.put("a", 2)
        await asyncio.sleep(LONG)
    return await world.wrong("two")


async def what_was_not_read_is_gone(world: World) -> list[str]:
    """While a host is cut off (O9)."""
    world.network.disconnect("two")
    await world.put("a", 2)
    world.stream.purge()
    world.network.reconnect("two")
    await asyncio.sleep(LONG)
    return await world.wrong("two")


async def it_went_back(world: World) -> list[str]:
    """It has another record now where one was that the third host had not read, and the second had
    (O9)."""
    world.network.disconnect("three")
    await world.put("a", 2)
    await asyncio.sleep(LONG)
    for name in ("one", "two"):
        world.network.disconnect(name)
    world.stream.forget(1)
    for name in ("one", "two"):
        world.network.reconnect(name)
    await asyncio.sleep(LONG)
    await world.put("b", 2)
    world.network.reconnect("three")
    await asyncio.sleep(LONG)
    return await world.wrong("three")


async def sent_to_another(world: World) -> list[str]:
    """A command's host is slow to hear that it is stored. It is sent again, to another one that
    knows; who was told there asks the first one what it reads (D15)."""
    with held(Storing, "store", after=True) as stored, operation.once("x"):
        slow = asyncio.ensure_future(world.put("a", 2))
        await stored.reached_by(slow)
        assert await world.labs["two"].put("a", 3) == 2
        await world.logs["one"].catch_up()
        wrong = await world.wrong("one")
        stored.go_on()
        await slow
    return wrong


def _following(*edits: tuple[str, str, str]) -> Mutant:
    return Mutant(1, tuple(Edit(FOLLOWING + where, old, new) for where, old, new in edits))


_GAP = (
    "_Ear._goes_on",
    """\
if number != self._number:
        self._following.doubt()
    return number == self._number""",
    "return True",
)

CASES = {
    "O4: a gap in a reading is not noticed": (
        _following(
            _GAP,
            ("Following.came", 'self._lose("some of it is gone that was not read")', "pass"),
        ),
        a_record_is_lost,
    ),
    "O4: a beat does not tell what was sent": (_following(_GAP), the_last_record_is_lost),
    "O9: what is not kept any more is not missed": (
        _following(("Following._read", "self._lose(why)", "pass")),
        what_was_not_read_is_gone,
    ),
    "O9: a log that went back is told to nobody": (
        _following(("Following._missing", "self._history_lost(extent)", "pass")),
        it_went_back,
    ),
    "D15: what a host stored itself counts as applied": (
        Mutant(1, (Edit("operations.applying:Applier.needs", " or id in self.pending", ""),)),
        sent_to_another,
    ),
}
"""Mistakes, and the script in which each shows."""


async def _played(script: Callable[[World], Awaitable[list[str]]]) -> list[str]:
    async with world() as made:
        return await script(made)


@pytest.mark.parametrize("name", CASES)
def test_O_it_holds(name: str) -> None:
    """In the runtime as it is."""
    assert run(_played(CASES[name][1]), seed=0) == []


@pytest.mark.parametrize("name", CASES)
def test_a_mutant_is_found(name: str) -> None:
    """In the runtime with its mistake it does not hold."""
    mutant, script = CASES[name]
    with mutated(mutant):
        assert run(_played(script), seed=0)
