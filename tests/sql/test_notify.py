"""`Database(url, notify=True)`: PostgreSQL tells other hosts that there is something to read (O5).

The hosts of these tests have a broker each, and poll once in an hour.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pytest
from sqlalchemy import text

from fusionrt import Host
from fusionrt.sql import Database, listening
from fusionrt.sql import postgres as flavour
from fusionrt.sql import reader as reader_module
from fusionrt.sql.reader import Reader
from tests.natsserver import NatsServer
from tests.services.contracts import Note
from tests.sql.shelf import Base, Shelf, ShelfHost
from tests.waiting import until

LISTENERS = "SELECT pid FROM pg_stat_activity WHERE query LIKE 'LISTEN%' OR query = 'SELECT 1'"


@pytest.fixture(autouse=True)
def seldom(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody reads without a hint, and lost connections are replaced soon."""
    monkeypatch.setattr(reader_module, "POLL", 3600.0)
    monkeypatch.setattr(listening, "RETRY", 0.05)


@asynccontextmanager
async def alone(url: str, folder: Path, name: str, **options: object) -> AsyncIterator[ShelfHost]:
    """A host behind a broker of its own."""
    (folder / name).mkdir()
    with closing(NatsServer(folder / name)) as broker:
        async with (
            Database(url, **{"notify": True, **options}) as db,  # type: ignore[arg-type]
            Host(broker.url, log=db.log()) as host,
        ):
            notes = Shelf(db=db)
            await host.serve(notes)
            yield ShelfHost(db, host, notes)


@asynccontextmanager
async def two(url: str, folder: Path, **options: object) -> AsyncIterator[tuple[ShelfHost, ...]]:
    """Two such hosts, over a database with all tables."""
    async with Database(url) as db:
        await db.create_all(Base.metadata)
    async with (
        alone(url, folder, "first", **options) as first,
        alone(url, folder, "second", **options) as second,
    ):
        yield first, second


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The host of each read of a log that has ended."""
    made: list[str] = []
    read = Reader._read

    async def counted(self: Reader) -> None:
        await read(self)
        made.append(self._follower.iid)

    monkeypatch.setattr(Reader, "_read", counted)
    return made


async def sql(host: ShelfHost, statement: str) -> list[object]:
    """What the database says."""
    async with host.db.begin() as session:
        result = await session.execute(text(statement))
        return [row[0] for row in result]


async def listeners(host: ShelfHost) -> list[object]:
    """The connections that are listened on."""
    return await sql(host, LISTENERS)


async def listening_to(host: ShelfHost, count: int) -> list[object]:
    """These, once there are so many."""
    async with asyncio.timeout(20):
        while True:
            found = await listeners(host)
            if len(found) == count:
                return found
            await asyncio.sleep(0.02)


async def test_O5_a_commit_is_heard_from_the_database(
    postgres: str, tmp_path: Path, reads: list[str]
) -> None:
    """Without a word over a broker, and without a poll; who stored it does not read."""
    async with two(postgres, tmp_path) as (first, second):
        assert await second.notes.get(1) is None
        await first.notes.put(Note(1, "me", "a"))
        await until(lambda: second.log.applied == 1)
        assert await second.notes.get(1) == Note(1, "me", "a")
        own = first.host._open().iid
        await until(lambda: own in reads)  # for what was stored before it listened
        before = reads.count(own)
        await first.notes.put(Note(1, "me", "b"))
        await until(lambda: second.log.applied == 2)
        assert reads.count(own) == before


async def test_O15_what_is_rolled_back_is_not_heard_of(
    postgres: str, tmp_path: Path, reads: list[str]
) -> None:
    """The word is a part of the transaction."""
    async with two(postgres, tmp_path) as (first, second):
        both = {each.host._open().iid for each in (first, second)}
        await until(lambda: {*reads} == both)  # for what was stored before they listened
        reads.clear()
        async with first.db._at("").writes.connect() as connection:
            row = {"id": "x", "iid": "x", "command": "x", "keys": b"\x90", "result": None}
            assert await first.db._at("").flavour.store(connection, row) is not None
            await connection.rollback()
        await first.notes.put(Note(1, "me", "a"))
        await until(lambda: second.log.applied == 1 and reads)
        assert reads == [second.host._open().iid]


async def test_O5_words_that_are_forged_change_nothing(
    postgres: str, tmp_path: Path, reads: list[str]
) -> None:
    """They make a host read its log, a thousand at once not a thousand times."""
    async with two(postgres, tmp_path) as (first, second):
        await listening_to(first, 2)
        kept = await second.notes.computed.get(1)
        forged = "SELECT pg_notify('fusion_operations', n || repeat('x', 100))"
        await sql(first, f"{forged} FROM generate_series(1, 1000) n")
        await first.notes.put(Note(2, "me", "a"))
        await until(lambda: second.log.applied == 1)
        assert kept.is_consistent and len(reads) < 50


async def test_O5_a_lost_connection_is_replaced_and_what_it_missed_is_read(
    postgres: str, tmp_path: Path
) -> None:
    """As often as it is lost."""
    async with two(postgres, tmp_path) as (first, second):
        for number in range(3):
            there = await listening_to(first, 2)
            await sql(first, f"SELECT pg_terminate_backend(pid) FROM ({LISTENERS}) each")
            await first.notes.put(Note(number, "me", "a"))
            await until(lambda n=number: second.log.applied == n + 1)  # type: ignore[misc]
            assert not {*await listening_to(first, 2)} & {*there}


async def test_O5_a_connection_that_is_silent_is_asked(
    postgres: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether it lives, from time to time; one that does not answer is replaced."""
    monkeypatch.setattr(flavour, "ALIVE", 0.05)
    async with two(postgres, tmp_path) as (first, second):
        asked = (
            f"SELECT count(*) FROM ({LISTENERS}) each, pg_stat_activity WHERE query = 'SELECT 1'"
        )
        async with asyncio.timeout(20):
            while True:
                if await sql(first, asked):
                    break
                await asyncio.sleep(0.02)
        await first.notes.put(Note(1, "me", "a"))
        await until(lambda: second.log.applied == 1)


async def test_the_pool_is_the_users(postgres: str, tmp_path: Path) -> None:
    """A connection that is listened on is none of it; all are closed in the end."""
    async with two(postgres, tmp_path, pool_size=1, max_overflow=0) as (first, second):
        await first.notes.put(Note(1, "me", "a"))
        await until(lambda: second.log.applied == 1)
    async with alone(postgres, tmp_path, "third", notify=False) as third:
        assert await listening_to(third, 0) == []


async def test_hosts_that_do_not_notify_read_by_polls(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So does SQLite, whatever it is told."""
    monkeypatch.setattr(reader_module, "POLL", 0.1)
    options = {"notify": "sqlite" in url}
    async with two(url, tmp_path, **options) as (first, second):
        await first.notes.put(Note(1, "me", "a"))
        await until(lambda: second.log.applied == 1)
