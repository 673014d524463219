"""Readers: each operation once, in whatever order transactions commit (O4, O6-O11, O17)."""

from __future__ import annotations

import asyncio
import random

import pytest
from sqlalchemy import func, select, text

from fusionrt.sql import reader as reader_module
from fusionrt.sql import trimmer
from fusionrt.sql.shard import Shard
from fusionrt.sql.tables import operations, readers
from tests.sql.readers import RETENTION, age, forget_seen, reading, shard_at, store
from tests.waiting import until


async def committed(shard: Shard, *ids: str, iid: str = "writer") -> None:
    """Store operations, each in a transaction."""
    for id in ids:
        async with shard.writes.begin() as connection:
            await store(shard, connection, id, iid)


async def test_O8_each_operation_of_others_is_applied_once(url: str) -> None:
    """In the order of their numbers; what the host stored itself it has applied itself."""
    async with shard_at(url) as shard, reading(shard) as (reader, told):
        await committed(shard, "a", "b")
        await committed(shard, "own", iid="reader")
        await reader.catch_up()
        assert told.take() == ["a", "b"]
        await committed(shard, "c")
        await reader.catch_up()
        await reader.catch_up()
        assert (told.take(), reader.applied) == (["c"], 3)


async def test_O6_what_commits_late_is_read_late(postgres: str) -> None:
    """Numbers are given when a transaction writes; three commit in another order."""
    async with shard_at(postgres) as shard:
        await shard.create_all()
        async with reading(shard) as (reader, told):
            writers = [await shard.writes.connect() for _ in "abc"]
            for id, writer in zip("abc", writers, strict=True):
                await store(shard, writer, id)
            for place in (1, 2, 0):
                await writers[place].commit()
                await reader.catch_up()
            assert told.take() == ["b", "c", "a"]
            for writer in writers:
                await writer.close()


async def test_O6_a_transaction_that_was_open_when_the_reader_began_is_read(postgres: str) -> None:
    """Whether it had its number already, or writes first afterwards."""
    async with shard_at(postgres) as shard:
        await shard.create_all()
        early, late = await shard.writes.connect(), await shard.writes.connect()
        await late.execute(text("SELECT 1"))
        await store(shard, early, "early")
        await committed(shard, "before")
        async with reading(shard) as (reader, told):
            await reader.catch_up()
            assert told.take() == []
            await store(shard, late, "late")
            await early.commit()
            await late.commit()
            await reader.catch_up()
            assert told.take() == ["early", "late"]
        await early.close()
        await late.close()


async def test_O6_savepoints_do_not_hide_an_operation(postgres: str) -> None:
    """They have numbers of their own."""
    async with shard_at(postgres) as shard:
        await shard.create_all()
        async with reading(shard) as (reader, told), shard.writes.connect() as writer:
            async with writer.begin_nested():
                await store(shard, writer, "a")
            await committed(shard, "b")
            await reader.catch_up()
            await writer.commit()
            await reader.catch_up()
            assert told.take() == ["b", "a"]


async def test_O7_rolled_back_ids_neither_stall_nor_come(url: str) -> None:
    """However many."""
    async with shard_at(url) as shard, reading(shard) as (reader, told):
        for number in range(20):
            async with shard.writes.connect() as writer:
                await store(shard, writer, f"gone {number}")
                await writer.rollback()
        await committed(shard, "a")
        await reader.catch_up()
        assert told.take() == ["a"]


@pytest.mark.parametrize("seed", range(3))
async def test_O6_O7_of_many_writers_each_commit_is_read_once(postgres: str, seed: int) -> None:
    """Eight at once, that wait, and roll back a part, while a reader reads on and on."""
    dice = random.Random(seed)
    good: set[str] = set()

    async def write(shard: Shard, name: int) -> None:
        for number in range(25):
            async with shard.writes.connect() as writer:
                await store(shard, writer, f"{name} {number}")
                await asyncio.sleep(dice.random() * 0.01)
                if dice.random() < 0.8:
                    await writer.commit()
                    good.add(f"{name} {number}")

    async with shard_at(postgres) as shard:
        await shard.create_all()
        async with reading(shard) as (reader, told):
            writing = asyncio.gather(*(write(shard, name) for name in range(8)))
            while not writing.done():
                await reader.catch_up()
            await reader.catch_up()
            assert sorted(told.take()) == sorted(good)


async def test_O4_without_a_nudge_the_first_commit_after_an_idle_start_is_applied(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Within one poll, and so is each that comes then."""
    monkeypatch.setattr(reader_module, "POLL", 0.05)
    async with shard_at(url) as shard, reading(shard) as (_, told):
        for id in ("first", "second"):
            await committed(shard, id)
            await until(lambda id=id: id in told.events)  # type: ignore[misc]


async def test_a_backlog_is_read_in_pages(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """All of it, each operation once."""
    monkeypatch.setattr(reader_module, "PAGE", 7)
    async with shard_at(url) as shard, reading(shard) as (reader, told):
        ids = [str(number) for number in range(50)]
        async with shard.writes.begin() as connection:
            for id in ids:
                await store(shard, connection, id)
        await reader.catch_up()
        assert sorted(told.take(), key=int) == ids


async def test_who_asks_while_a_read_runs_waits_for_one_that_begins_later(url: str) -> None:
    """And all who ask before that begins share it."""
    async with shard_at(url) as shard, reading(shard) as (reader, told):
        reads = 0
        once = reader._read

        async def counted() -> None:
            nonlocal reads
            reads += 1
            if reads == 2:
                await committed(shard, "a")
            await once()

        reader._read = counted  # type: ignore[method-assign]
        running = asyncio.ensure_future(reader.catch_up())
        await until(lambda: reads)
        await asyncio.gather(*(reader.catch_up() for _ in range(10)), running)
        assert (reads, told.take()) == (2, ["a"])


async def test_a_read_that_fails_is_made_again_and_lag_tells(
    url: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Whoever waits for it waits on."""
    monkeypatch.setattr(reader_module, "RETRY", 0.01)
    monkeypatch.setattr(reader_module, "POLL", 0.02)
    monkeypatch.setattr(reader_module, "LAG", 0.05)
    async with shard_at(url) as shard:
        async with shard.writes.begin() as connection:
            await connection.execute(text("ALTER TABLE fusion_operations RENAME TO away"))
        async with reading(shard) as (reader, _):
            waiting = asyncio.ensure_future(reader.catch_up())
            await until(lambda: "was not read for" in caplog.text)
            assert not waiting.done() and reader.lag > 0.05
            async with shard.writes.begin() as connection:
                await connection.execute(text("ALTER TABLE away RENAME TO fusion_operations"))
            await waiting
            assert caplog.text.count("cannot be read") == 1


# -- trimming --


async def rows(shard: Shard) -> int:
    """How many operations are stored."""
    async with shard.reads.connect() as connection:
        count = select(func.count()).select_from(operations)
        return (await connection.execute(count)).scalar_one()


async def test_O17_what_a_living_reader_has_not_read_is_not_trimmed(url: str) -> None:
    """However old it is; what all have read is, in batches."""
    async with (
        shard_at(url) as shard,
        reading(shard, "fast") as (fast, _),
        reading(shard, "slow") as (slow, told),
    ):
        await committed(shard, *"abc")
        await age(shard, RETENTION + 1)
        await fast.catch_up()
        await fast._note()
        assert (await trimmer.trim(shard, RETENTION), await rows(shard)) == (0, 3)
        await slow.catch_up()
        assert told.take() == ["a", "b", "c"]
        await slow._note()
        assert (await trimmer.trim(shard, RETENTION), await rows(shard)) == (3, 0)


async def test_what_is_young_is_not_trimmed(url: str) -> None:
    """It holds first results, too."""
    async with shard_at(url) as shard, reading(shard) as (reader, _):
        await committed(shard, "old")
        await age(shard, RETENTION + 1)
        await committed(shard, "young")
        await reader.catch_up()
        await reader._note()
        assert (await trimmer.trim(shard, RETENTION), await rows(shard)) == (1, 1)


async def test_trimming_goes_on_until_nothing_is_left_to_trim(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each batch is a transaction."""
    monkeypatch.setattr(trimmer, "BATCH", 2)
    async with shard_at(url) as shard, reading(shard) as (reader, _):
        await committed(shard, *"abcde")
        await age(shard, RETENTION + 1)
        await reader.catch_up()
        await reader._note()
        assert (await trimmer.trim(shard, RETENTION), await rows(shard)) == (5, 0)


@pytest.mark.parametrize("idle", [True, False])
async def test_O9_a_reader_that_was_stopped_past_the_retention_drops_everything(
    url: str, idle: bool
) -> None:
    """Also if nothing was stored since what it missed; then it reads on."""
    async with (
        shard_at(url) as shard,
        reading(shard, "living") as (living, _),
        reading(shard, "stopped") as (stopped, told),
    ):
        await committed(shard, "missed")
        await age(shard, RETENTION + 1)
        await forget_seen(shard, "stopped", RETENTION + 1)
        await living.catch_up()
        await living._note()
        await trimmer.trim(shard, RETENTION)
        assert await rows(shard) == 0
        if not idle:
            await committed(shard, "later")
        await stopped.catch_up()
        assert told.take() == ["lost", "lost"]
        await committed(shard, "new")
        await stopped.catch_up()
        assert told.take() == ["new"]


async def test_O9_before_anything_is_answered_the_clock_is_asked(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that was stopped for more than half of the retention may have missed something; it
    knows that before it has read anything."""
    async with shard_at(url) as shard, reading(shard) as (reader, told):
        reader.check()
        assert told.take() == []
        reader._current -= RETENTION / 2
        reader.check()
        assert told.take() == ["lost"]
        reader.check()
        assert told.take() == []


def of_another_history(position: str) -> list[str]:
    """Positions that this database cannot have had: from ahead of it, or from another server."""
    server, slash, snapshot = position.partition("/")
    if not slash:
        return ["1000000"]
    _, xmax, running = snapshot.split(":")
    return [f"{server}/{xmax}:{int(xmax) + 1_000_000}:{running}", f"1.5/{snapshot}"]


async def test_O9_another_server_drops_everything(url: str) -> None:
    """A backup that was put back, or a standby that took over, may count anew."""
    async with shard_at(url) as shard, reading(shard) as (reader, told):
        await committed(shard, "a")
        await reader.catch_up()
        assert told.take() == ["a"]
        for number, position in enumerate(of_another_history(reader._position)):
            reader._position = position
            await reader.catch_up()
            assert told.take() == ["lost", "lost"]
            await committed(shard, f"b{number}")
            await reader.catch_up()
            assert told.take() == [f"b{number}"]


async def test_O10_a_reader_is_known_before_it_takes_its_position(url: str) -> None:
    """And forgotten when it ends; a restarted host is another one."""

    async def known(shard: Shard) -> list[str]:
        async with shard.reads.connect() as connection:
            return [*(await connection.execute(select(readers.c.iid))).scalars()]

    async with shard_at(url) as shard:
        async with reading(shard, "first"), reading(shard, "second"):
            assert sorted(await known(shard)) == ["first", "second"]
        assert await known(shard) == []


async def test_O11_a_hosts_clock_is_not_asked(url: str) -> None:
    """Nor that of whoever wrote: rows from the future and from long ago are read."""
    async with shard_at(url) as shard, reading(shard) as (reader, told):
        await committed(shard, "past")
        await age(shard, 600)
        await committed(shard, "future")
        await age(shard, -600)
        await reader.catch_up()
        assert told.take() == ["past", "future"]


async def test_O14_what_was_stored_in_an_unknown_way_drops_everything(url: str) -> None:
    """It may name anything; what is stored beside it is applied."""
    async with shard_at(url) as shard, reading(shard) as (reader, told):
        async with shard.writes.begin() as connection:
            row = {"id": "x", "iid": "w", "command": "c", "keys": b"\xc1", "result": None}
            await shard.flavour.store(connection, row)
        await committed(shard, "a")
        await reader.catch_up()
        assert told.take() == ["lost", "a"]
