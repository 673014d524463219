"""A command that others were in the way of runs again as a whole; nothing else does, and nothing
that was committed.
"""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch

import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm.exc import StaleDataError

from fusionrt import Host, operation
from fusionrt.sql import Database
from fusionrt.sql import sqlite as flavour
from fusionrt.sql.transaction import Transaction
from tests.services.contracts import Note
from tests.sql.shelf import Row, Shelf, ShelfHost
from tests.waiting import until

PAIR = (Note(1, "me", "a"), Note(2, "me", "a"))


@dataclass
class Meeting(Shelf):
    """Its first `puts` meet: each has read, or locked, before any writes."""

    expected: int = 2
    arrived: int = 0
    all_there: asyncio.Event = field(default_factory=asyncio.Event)
    after: list[int] = field(default_factory=list)

    async def meet(self) -> None:
        """Wait for the others, who come once."""
        self.arrived += 1
        if self.arrived >= self.expected:
            self.all_there.set()
        await self.all_there.wait()

    async def touch(self, id: int) -> Note:
        async with self.db.begin() as session:
            row = await session.get_one(Row, id)
            self.ran.append(f"touch {row.text}")

            async def done() -> None:
                self.after.append(id)

            operation.after_commit(done)
            await self.meet()
            row.text += "!"
            await session.flush()
        return Note(row.id, row.owner, row.text)

    async def put(self, note: Note) -> Note:
        """Lock this note, and then the other one."""
        async with self.db.begin() as session:
            self.ran.append(f"put {note.id}")
            for id in (note.id, 3 - note.id):
                await session.execute(text(f"UPDATE notes SET text = text || '!' WHERE id = {id}"))
                await self.meet()
        return note


async def met(exits: AsyncExitStack, nats: str, url: str, **options: Any) -> ShelfHost:
    """A host over two notes."""
    db = await exits.enter_async_context(Database(url, **options))
    host = await exits.enter_async_context(Host(nats, log=db.log()))
    notes = Meeting(db=db)
    await host.serve(notes)
    async with db.begin() as session:
        session.add_all(Row(id=each.id, owner=each.owner, text=each.text) for each in PAIR)
    return ShelfHost(db, host, notes)


async def made(url: str) -> None:
    """The tables."""
    async with Database(url) as db:
        await db.create_all(Row.metadata)


@pytest.mark.parametrize("isolation", ["READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE"])
async def test_who_meets_another_version_runs_again(
    nats_server: str, postgres: str, isolation: str
) -> None:
    """A version that has changed, or changes that the database finds no order of: both are made,
    each once, and what is to be done after a command is done once."""
    await made(postgres)
    async with AsyncExitStack() as exits:
        host = await met(exits, nats_server, postgres, isolation_level=isolation)
        notes = host.notes
        assert isinstance(notes, Meeting)
        told = await asyncio.gather(notes.touch(1), notes.touch(1))
        assert sorted(note.text for note in told) == ["a!", "a!!"]
        assert sorted(notes.ran) == ["touch a", "touch a", "touch a!"]
        assert (notes.after, host.log.retried, host.log.stored) == ([1, 1], 1, 2)


async def test_who_was_killed_by_a_deadlock_runs_again(nats_server: str, postgres: str) -> None:
    """Two lock two rows in opposite order; they may meet again."""
    await made(postgres)
    async with AsyncExitStack() as exits:
        host = await met(exits, nats_server, postgres)
        notes = host.notes
        assert isinstance(notes, Meeting)
        assert [*await asyncio.gather(*map(notes.put, PAIR))] == [*PAIR]
        async with host.db.read() as session:
            texts = (await session.scalars(text("SELECT text FROM notes"))).all()
        assert texts == ["a!!", "a!!"]
        assert host.log.retried >= 1 and len(notes.ran) == 2 + host.log.retried


async def test_who_finds_the_database_locked_runs_again(
    nats_server: str, sqlite: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By another process, for longer than SQLite waits."""
    monkeypatch.setattr(flavour, "BUSY_TIMEOUT", 0.01)
    await made(sqlite)
    async with AsyncExitStack() as exits:
        host = await met(exits, nats_server, sqlite)
        notes = host.notes
        assert isinstance(notes, Meeting)
        notes.expected = 1
        other = sqlite3.connect(make_url(sqlite).database or "", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        running = asyncio.ensure_future(notes.touch(1))
        await until(lambda: host.log.retried)
        other.close()
        assert (await running).text == "a!"
        assert notes.ran == ["touch a"]


class Failing(Shelf):
    """Fails as its text says."""

    async def put(self, note: Note) -> Note:
        self.ran.append(note.text)
        async with self.db.begin() as session:
            session.add(Row(id=note.id, owner=note.owner, text=note.text))
            await session.flush()
            if note.text == "value":
                raise ValueError
        return note


@pytest.mark.parametrize(("what", "error"), [("value", ValueError), ("twice", IntegrityError)])
async def test_other_errors_run_nothing_again(
    nats_server: str, url: str, what: str, error: type[Exception]
) -> None:
    """Neither those of a body, nor those of the database that would come again."""
    async with Database(url) as db, Host(nats_server, log=db.log()) as host:
        notes = Failing(db=db)
        await host.serve(notes)
        await notes.put(Note(1, "me", "first"))
        with pytest.raises(error):
            await notes.put(Note(1 if what == "twice" else 2, "me", what))
        assert notes.ran == ["first", what]


async def test_what_was_committed_does_not_run_again(nats_server: str, url: str) -> None:
    """Whatever COMMIT says, and whatever what is done after it."""
    commit = Transaction.commit

    async def commits(transaction: Transaction) -> None:
        await commit(transaction)
        raise StaleDataError

    async def fails() -> None:
        raise StaleDataError

    class After(Failing):
        async def put(self, note: Note) -> Note:
            operation.after_commit(fails)
            return await super().put(note)

    async with Database(url) as db, Host(nats_server, log=db.log()) as host:
        notes = After(db=db)
        await host.serve(notes)
        with patch.object(Transaction, "commit", commits):
            await notes.put(Note(1, "me", "a"))
        assert notes.ran == ["a"]
        assert await notes.get(1) == Note(1, "me", "a")
