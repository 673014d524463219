"""Scripts of hosts that read what others stored."""

from __future__ import annotations

import asyncio
import time
from unittest.mock import patch

from fusionrt.sql import reader as reader_module
from fusionrt.sql import trimmer
from fusionrt.sql.transaction import Transaction
from tests.holding import held
from tests.sql.readers import RETENTION, age, forget_seen
from tests.waiting import until

from .stage import Stage

__all__ = [
    "asked_late",
    "changed_twice",
    "clock_ahead",
    "committed_out_of_order",
    "forgotten",
    "heard_of",
    "no_nudges",
    "trimmed",
]


async def no_nudges(stage: Stage) -> list[str]:
    """Within one poll of a host that hears nothing it has read what was stored before (O4)."""
    with patch.object(reader_module, "POLL", 0.01):
        async with stage.another() as polling:
            note, notes = polling.reader._note, 0

            async def counted() -> None:  # the end of each poll
                nonlocal notes
                notes += 1
                await note()

            with patch.object(polling.reader, "_note", counted):
                await stage.here.ledger.add("a", 1)
                seen = notes
                await until(lambda: notes > seen + 1, within=60)
            return await stage.wrong(polling)


async def committed_out_of_order(stage: Stage) -> list[str]:
    """What has the lower number commits last, and the log is read in between (O6)."""
    with held(Transaction, "commit") as commit:
        first = asyncio.ensure_future(stage.here.ledger.add("a", 1))
        await commit.reached_by(first)
        await stage.here.ledger.add("b", 1)
        await stage.there.reader.catch_up()
        commit.go_on()
        await first
    await stage.there.reader.catch_up()
    return await stage.wrong(stage.there)


async def changed_twice(stage: Stage) -> list[str]:
    """The same account, by the same command; each is read (O8)."""
    for _ in range(2):
        await stage.here.ledger.add("a", 1)
        await stage.there.reader.catch_up()
        if wrong := await stage.wrong(stage.there):
            return wrong
    return []


async def forgotten(stage: Stage) -> list[str]:
    """A host was stopped for longer than operations are kept, and they are gone (O9)."""
    await stage.here.ledger.add("a", 1)
    await age(stage.shard, RETENTION + 1)
    await forget_seen(stage.shard, stage.there.iid, RETENTION + 1)
    await stage.here.reader.catch_up()
    await stage.here.reader._note()
    assert await trimmer.trim(stage.shard, RETENTION) == 1
    await stage.there.reader.catch_up()
    return await stage.wrong(stage.there)


async def trimmed(stage: Stage) -> list[str]:
    """What is old is trimmed, but for what a living host has not read (O17)."""
    await stage.here.ledger.add("a", 1)
    await age(stage.shard, RETENTION + 1)
    await trimmer.trim(stage.shard, RETENTION)
    await stage.there.reader.catch_up()
    return await stage.wrong(stage.there)


async def clock_ahead(stage: Stage) -> list[str]:
    """The reading host's clock is ten minutes ahead (O11)."""
    right = time.time
    with patch.object(time, "time", lambda: right() + 600):
        await stage.here.ledger.add("a", 1)
        await stage.there.reader.catch_up()
    return await stage.wrong(stage.there)


async def heard_of(stage: Stage) -> list[str]:
    """Somebody knows of a change, and asks a host whose read of the log is held: he waits (D15)."""
    await stage.here.ledger.add("a", 1)
    with held(stage.there.reader, "_read") as read:
        (waits,) = stage.there.nudges.missing([stage.mark(stage.here)])
        await read.reached.wait()
        early = waits.done()
        read.go_on()
        await waits
    return ["told before the log was read"] if early else await stage.wrong(stage.there)


async def asked_late(stage: Stage) -> list[str]:
    """Who asks while a read ends whose view is of before is told of what came since (D15)."""
    reader = stage.there.reader
    with held(reader, "_read", after=True) as read:
        first = asyncio.ensure_future(reader.catch_up())
        await read.reached_by(first)
        await stage.here.ledger.add("a", 1)
        late = asyncio.ensure_future(reader.catch_up())  # it begins before `first` goes on
        read.go_on()
        await asyncio.gather(first, late)
    return await stage.wrong(stage.there)
