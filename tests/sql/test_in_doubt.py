"""COMMIT whose answer is lost: what became of it is asked, on another connection (O12)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractContextManager, ExitStack, asynccontextmanager

import pytest
from sqlalchemy import select
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from fusionrt import Host, OutcomeUnknown, RemoteError
from fusionrt.operations import Fate
from fusionrt.sql import Database, outcome
from fusionrt.sql.flavour import Receipt
from fusionrt.sql.shard import Shard
from fusionrt.sql.transaction import Transaction
from tests.faults.proxy import Proxy
from tests.services.contracts import Note
from tests.services.generated.notes import NotesClient
from tests.sql.readers import shard_at
from tests.sql.shelf import Base, Row, ShelfHost, serving

ROW = {"iid": "writer", "command": "notes.put", "keys": b"\x90", "result": b"\xc0"}


async def fate(shard: Shard, id: str, receipt: Receipt) -> Fate:
    """As another connection knows it."""
    async with shard.writes.connect() as connection:
        return await shard.flavour.fate(connection, id, receipt)


async def receipt_of(shard: Shard, connection: AsyncConnection, id: str) -> Receipt:
    """Of a transaction that stored an operation, or none if there is no id."""
    if not id:
        return await shard.flavour.receipt(connection)
    receipt = await shard.flavour.store(connection, ROW | {"id": id})
    assert receipt is not None
    return receipt


@pytest.mark.parametrize("id", ["one", ""])
async def test_O12_a_database_knows_what_was_committed_and_what_not(url: str, id: str) -> None:
    """By the operation, or if none was stored by the transaction; SQLite has no names for those."""
    if not id and url.startswith("sqlite"):
        return
    async with shard_at(url) as shard:
        async with shard.writes.connect() as connection:
            receipt = await receipt_of(shard, connection, id)
            await connection.rollback()
        assert await fate(shard, id, receipt) is Fate.ROLLED_BACK
        async with shard.writes.connect() as connection:
            receipt = await receipt_of(shard, connection, id)
            await connection.commit()
        assert await fate(shard, id, receipt) is Fate.COMMITTED


@pytest.mark.parametrize("id", ["one", ""])
async def test_O12_a_transaction_that_is_still_open_is_ended(postgres: str, id: str) -> None:
    """Its connection was cut, which the server may not know of for hours."""
    async with Database(postgres) as db:
        await db.create_all()
    async with shard_at(postgres) as shard, shard.writes.connect() as connection:
        receipt = await receipt_of(shard, connection, id)
        assert await fate(shard, id, receipt) is Fate.OPEN
        async with asyncio.timeout(10):
            while (ended := await fate(shard, id, receipt)) is Fate.OPEN:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        assert ended is Fate.ROLLED_BACK
        await connection.invalidate()


# -- a host whose connections are cut while it commits --


class Line:
    """Connections to the database, to be cut at the next COMMIT: before it comes there, or when it
    was done and nobody has heard of it.
    """

    def __init__(self, proxy: Proxy, url: str) -> None:
        self._proxy = proxy
        self._url = url
        self._commit = Transaction.commit
        self.is_cut = asyncio.Event()

    @asynccontextmanager
    async def lost(self, way: str) -> AsyncIterator[None]:
        """What goes this way; no connection is accepted meanwhile."""
        with ExitStack() as cut, pytest.MonkeyPatch.context() as patch:

            async def commit(transaction: Transaction) -> None:
                patch.undo()
                with self._proxy.held(way):
                    committing = asyncio.create_task(self._commit(transaction))
                    if way == "down":
                        await self._committed()
                    cut.enter_context(self._proxy.cut())
                    self.is_cut.set()
                    await asyncio.wait([committing])
                await committing

            patch.setattr(Transaction, "commit", commit)
            yield

    def cut(self) -> AbstractContextManager[None]:
        """Every connection, and no other is accepted."""
        return self._proxy.cut()

    async def _committed(self) -> None:
        async with Database(self._url) as db, asyncio.timeout(10):
            while await count(db) == 0:  # noqa: ASYNC110 - the database has no event
                await asyncio.sleep(0.01)


async def count(db: Database) -> int:
    """Of notes."""
    async with db.read() as session:
        return len((await session.scalars(select(Row))).all())


@pytest.fixture
async def cuttable(nats_server: str, postgres: str) -> AsyncIterator[tuple[ShelfHost, Line]]:
    """A host that serves the notes, and its line to the database."""
    async with Database(postgres) as db:
        await db.create_all(Base.metadata)
    address = make_url(postgres)
    assert address.port is not None
    async with Proxy(address.port, 0) as proxy:
        there = str(address.set(port=proxy.port))
        async with serving(nats_server, there) as one:
            yield one, Line(proxy, postgres)


async def test_O12_a_commit_without_an_answer_comes_to_the_truth(
    cuttable: tuple[ShelfHost, Line],
) -> None:
    """The command returns, and its host reads what it wrote."""
    one, line = cuttable
    assert await one.notes.get(1) is None
    async with line.lost("down"):
        putting = asyncio.create_task(one.notes.put(Note(1, "me", "a")))
        await line.is_cut.wait()
    assert await putting == Note(1, "me", "a")
    assert await one.notes.get(1) == Note(1, "me", "a")
    assert one.log.stored == 1


async def test_a_command_whose_database_is_away_says_so(
    cuttable: tuple[ShelfHost, Line],
) -> None:
    """The driver's own error comes out of `begin()`, when there was no connection yet to close."""
    one, line = cuttable
    with line.cut():
        for _ in range(3):  # with a connection that was there before, and with none
            with pytest.raises((DBAPIError, OSError)):
                await one.notes.put(Note(1, "me", "a"))
    assert await one.notes.put(Note(2, "me", "b")) == Note(2, "me", "b")


@pytest.mark.parametrize("way", ["up", "down"])
async def test_O13_who_sends_it_again_is_not_told_that_it_failed_before(
    nats_server: str, cuttable: tuple[ShelfHost, Line], way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was rolled back runs; what was in doubt when its caller was told so has its result. No
    host remembers the failure in their place."""
    monkeypatch.setattr(outcome, "PATIENCE", 0.5)
    one, line = cuttable
    async with Host(nats_server) as host:
        client = host.client(NotesClient).with_options(operation="one")
        async with line.lost(way):
            with pytest.raises((RemoteError, OutcomeUnknown)):
                await client.put(Note(1, "me", "a"))
        assert await client.put(Note(1, "me", "a")) == Note(1, "me", "a")
        assert one.log.stored == (1 if way == "up" else 0)
        assert await one.notes.get(1) == Note(1, "me", "a")
