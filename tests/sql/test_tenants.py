"""A database for each tenant, which a parameter of the contract names: nothing goes astray."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

from fusionrt import ArgumentError, Host, RemoteError, UnknownShard, operation
from fusionrt.sql import Database
from fusionrt.sql.tables import operations, readers
from tests.faults.proxy import Proxy
from tests.postgresserver import PostgresServer
from tests.services.contracts import Note
from tests.services.generated.notes import NotesClient
from tests.sql.shelf import Base, Row, Shelf
from tests.waiting import until

ANN, BOB = Note(1, "ann", "of ann"), Note(1, "bob", "of bob")
HOSTILE = [
    *("", " ", "ANN", "ann ", " ann", "ann\0", "ann\n", "a\u0301nn", "\u0430nn", "\uff41nn"),
    *("../bob", "ann/../bob", "ann' OR '1'='1", "ann;bob", "None", "__class__", "x" * 100_000),
    "\udcff",
]
"""No tenant has such a name; some look as if one had."""


@dataclass
class PerOwner(Shelf):
    """Each owner's notes are on a shard of their own. `put` twice would be seen."""

    texts: list[str] = field(default_factory=list)

    async def ids(self, owner: str, *, tag: str = "", limit: int = 20) -> tuple[int, ...]:
        async with self.db.read(owner) as session:
            rows = select(Row.id).where(Row.text.contains(tag)).order_by(Row.id).limit(limit)
            return tuple((await session.scalars(rows)).all())

    async def get(self, id: int) -> Note | None:
        row = await self.db.loader(Row, "ann" if id % 2 else "bob").load(id)
        return None if row is None else Note(row.id, row.owner, row.text)

    async def put(self, note: Note) -> Note:
        async with self.db.begin(note.owner) as session:
            self.texts.append(note.text)
            session.add(Row(id=note.id, owner=note.owner, text=note.text))
        return Note(note.id, note.owner, f"{note.text} {len(self.texts)}")


@dataclass
class House:
    """Two tenants, by the databases of each."""

    nats: str
    urls: dict[str, str]
    exits: AsyncExitStack

    async def serve(self) -> PerOwner:
        """A host more."""
        db = await self.exits.enter_async_context(Database(self.urls))
        host = await self.exits.enter_async_context(Host(self.nats, log=db.log()))
        notes = PerOwner(db=db)
        await host.serve(notes)
        return notes

    async def client(self, principal: str | None = None) -> NotesClient:
        """Somebody who may ask for any tenant's."""
        host = await self.exits.enter_async_context(Host(self.nats, principal=principal))
        return host.client(NotesClient)

    async def known(self, owner: str) -> tuple[set[str], set[str]]:
        """Readers and operations in the database of a tenant."""
        async with Database(self.urls[owner]) as db, db.read() as session:
            iids = await session.scalars(select(readers.c.iid))
            return {*iids}, {*await session.scalars(select(operations.c.id))}


async def of_tenants(nats: str, urls: list[str], exits: AsyncExitStack) -> House:
    """The first database is nobody's."""
    house = House(nats, dict(zip(("main", "ann", "bob"), urls, strict=True)), exits)
    async with Database(house.urls) as db:
        await db.create_all(Base.metadata)
    return house


@pytest.fixture
async def house(
    empty: str, nats_server: str, postgres_server: PostgresServer, tmp_path: Path
) -> AsyncIterator[House]:
    """Of each kind of database."""
    urls = [f"sqlite+aiosqlite:///{tmp_path / name}.db" for name in ("main", "ann", "bob")]
    if empty.startswith("postgres"):
        urls = [await postgres_server.database() for _ in urls]
    async with AsyncExitStack() as exits:
        yield await of_tenants(nats_server, urls, exits)


async def test_W1_tenants_see_nothing_of_each_other(house: House) -> None:
    """Not by a result in a cache, a batch of loads, or a key that both have."""
    here, there = await house.serve(), await house.serve()
    await here.put(ANN)
    await there.put(BOB)
    await there.put(Note(2, "bob", "more"))
    for notes in (here, there):
        await until(lambda notes=notes: notes.peek.ids("bob") is None)  # type: ignore[misc]
        assert (await notes.ids("ann"), await notes.ids("bob")) == ((1,), (1, 2))
        assert await notes.ids("ann", tag="bob") == ()
        assert [await notes.get(1), await notes.get(2)] == [ANN, Note(2, "bob", "more")]


async def test_W1_one_id_at_two_tenants_is_two_operations(house: House) -> None:
    """Each has the first result of its own; sent again it does nothing more, on any host."""
    here, there = await house.serve(), await house.serve()
    told = []
    for notes, note in ((here, ANN), (there, BOB), (there, ANN), (here, BOB)):
        with operation.once("x"):
            told.append((await notes.put(note)).text)
    assert told == ["of ann 1", "of bob 1", "of ann 1", "of bob 1"]
    assert here.texts + there.texts == ["of ann", "of bob"]


async def test_each_tenants_log_has_one_reader_of_each_host(house: House) -> None:
    """And what one of them wrote is stored with its own alone."""
    notes = await house.serve()
    await notes.put(ANN)
    (ann, stored), (bob, nothing) = await house.known("ann"), await house.known("bob")
    assert ann == bob and len(ann) == 1
    assert (len(stored), nothing) == (1, set())


async def test_W1_a_name_that_is_no_tenants_is_refused(house: House) -> None:
    """Exactly its name is a tenant's; nothing is read or written at any, and a client is not told
    which ones there are."""
    notes, client = await house.serve(), await house.client()
    for name in HOSTILE:
        with pytest.raises(UnknownShard):
            await notes.ids(name)
        with pytest.raises(UnknownShard):
            await notes.put(Note(5, name, ""))
        for ask in (client.ids, lambda name: client.put(Note(5, name, ""))):
            with pytest.raises((RemoteError, ArgumentError)) as refused:
                await ask(name)
            assert "ann" not in str(refused.value).replace(name, "")
    assert notes.texts == []
    assert [(await house.known(owner))[1] for owner in ("ann", "bob")] == [set(), set()]


async def test_O18_a_tenant_whose_database_is_away_stops_no_other(
    nats_server: str, postgres_server: PostgresServer
) -> None:
    """Others read and write, on each host, and what is sent again is found."""
    async with AsyncExitStack() as exits:
        line = await exits.enter_async_context(Proxy(postgres_server.port, 0))
        *urls, bob = [make_url(await postgres_server.database()) for _ in range(3)]
        house = await of_tenants(
            nats_server, [*map(str, urls), str(bob.set(port=line.port))], exits
        )
        here, there = await house.serve(), await house.serve()
        client = (await house.client("ann")).with_options(operation="x")
        assert await there.ids("ann") == ()
        with line.cut():
            told = await client.put(ANN)
            assert await client.ids("ann") == (1,)
            await until(lambda: _heard(here) and _heard(there), within=30)  # by a poll
            assert [await notes.ids("ann") for notes in (here, there)] == [(1,), (1,)]
            with pytest.raises((DBAPIError, OSError)):
                await here.put(BOB)
            assert await client.put(ANN) == told
        assert (here.texts + there.texts).count("of ann") == 1


def _heard(notes: PerOwner) -> bool:
    """It does not have what was there before the put, whichever of them ran that."""
    replica = notes.peek.ids("ann")
    return replica is None or replica.value == (1,)


async def test_O6_each_shard_is_read_from_where_it_was_read(house: House) -> None:
    """A position is one of its own database."""
    here, there = await house.serve(), await house.serve()
    for number in range(3):
        await here.put(Note(number, "ann", ""))
    await here.put(BOB)
    await until(lambda: (there.peek.ids("ann"), there.peek.ids("bob")) == (None, None))
    assert (await there.ids("ann"), await there.ids("bob")) == ((0, 1, 2), (1,))
