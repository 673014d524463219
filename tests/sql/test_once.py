"""An operation that is asked for twice is done once, and both come to its first result (O13)."""

from __future__ import annotations

import asyncio

import pytest

from fusionrt import ArgumentError, Host, operation
from fusionrt.sql import Database
from fusionrt.sql.shard import Shard
from tests.holding import held
from tests.services.contracts import Note
from tests.services.generated.notes import NotesClient
from tests.sql.shelf import Row, Shelf, ShelfHost, serving

NOTE = Note(1, "me", "a")


class Taken(Exception):
    """There is one already."""


class Inserts(Shelf):
    """Its database refuses a second one."""

    async def put(self, note: Note) -> Note:
        async with self.db.begin() as session:
            session.add(Row(id=note.id, owner=note.owner, text=note.text))
        return note


class Looks(Shelf):
    """It refuses a second one itself."""

    async def put(self, note: Note) -> Note:
        async with self.db.begin() as session:
            if await session.get(Row, note.id) is not None:
                raise Taken
            session.add(Row(id=note.id, owner=note.owner, text=note.text))
        return note


class Appends(Shelf):
    """It does it a second time."""

    async def put(self, note: Note) -> Note:
        async with self.db.begin() as session:
            row = await session.get(Row, note.id)
            text = note.text if row is None else row.text + note.text
            await session.merge(Row(id=note.id, owner=note.owner, text=text))
        return Note(note.id, note.owner, text)


async def put_once(host: ShelfHost) -> Note:
    """With the id that both hosts are given."""
    with operation.once("the same"):
        return await host.notes.put(NOTE)


@pytest.mark.parametrize("cls", [Inserts, Looks, Appends])
async def test_O13_two_tries_at_once_on_two_hosts_come_to_the_first_result(
    nats_server: str, url: str, cls: type[Shelf]
) -> None:
    """The second one has found nothing of the first when that commits: whatever it runs into."""
    async with serving(nats_server, url, cls) as first, serving(nats_server, url, cls) as second:
        assert await second.notes.get(1) is None
        with held(second.db._at(""), "operation", after=True) as looked:
            late = asyncio.ensure_future(put_once(second))
            await looked.reached_by(late)
            assert await put_once(first) == NOTE
            looked.go_on()
            assert await late == NOTE
        assert [await each.notes.get(1) for each in (first, second)] == [NOTE, NOTE]
        assert (first.log.stored, second.log.stored) == (1, 0)


async def test_O13_a_try_that_waits_for_the_first_in_the_database_comes_to_its_result(
    nats_server: str, postgres: str
) -> None:
    """Both insert, and the first has not committed yet."""
    async with Database(postgres) as db:
        await db.create_all(Row.metadata)
    async with (
        serving(nats_server, postgres, Inserts) as first,
        serving(nats_server, postgres, Inserts) as second,
    ):
        with held(first.db._at("").flavour, "store", after=True) as stored:
            early = asyncio.ensure_future(put_once(first))
            await stored.reached_by(early)
            late = asyncio.ensure_future(put_once(second))
            await blocked(first.db._at(""))
            stored.go_on()
            assert [*await asyncio.gather(early, late)] == [NOTE, NOTE]
        assert (first.log.stored, second.log.stored) == (1, 0)


async def blocked(shard: Shard) -> None:
    """Return when one transaction waits for another."""
    waits = "SELECT count(*) FROM pg_locks WHERE NOT granted"
    async with shard.reads.connect() as connection:
        while not (await connection.exec_driver_sql(waits)).scalar_one():  # noqa: ASYNC110
            await asyncio.sleep(0.002)


async def test_O13_a_try_that_fails_for_itself_fails(nats_server: str, url: str) -> None:
    """Nothing of it is stored, and it may be tried again."""
    async with serving(nats_server, url, Looks) as host:
        await host.notes.put(NOTE)
        for _ in range(2):
            with pytest.raises(Taken):
                await put_once(host)


async def test_O13_an_id_belongs_to_whoever_made_it(nats_server: str, url: str) -> None:
    """Another principal that sends it gets nothing of the first one's result, on any host, and runs
    a command of its own; nor can it write the other one's name into its id."""
    async with (
        serving(nats_server, url, Appends),
        Host(nats_server, principal="ann") as ann,
        Host(nats_server, principal="bob") as bob,
        Host(nats_server) as nobody,
    ):
        texts = [
            (await host.client(NotesClient).with_options(operation=id).put(NOTE)).text
            for host, id in [
                *((ann, "x"), (ann, "x"), (bob, "x"), (nobody, "x@ann"), (nobody, "x")),
                *((bob, "x"), (nobody, "x")),
            ]
        ]
        assert texts == ["a", "a", "aa", "aaa", "aaaa", "aa", "aaaa"]


async def test_O13_an_id_belongs_to_one_command(nats_server: str, url: str) -> None:
    """Sent with another one it is refused, in words, and nothing runs."""
    async with serving(nats_server, url) as server, Host(nats_server) as host:
        client = host.client(NotesClient).with_options(operation="x")
        await client.put(NOTE)
        with pytest.raises(ArgumentError, match=r"belongs to a call of notes\.put") as refused:
            await client.touch(1)
        assert refused.value.method == "notes.touch"
        assert await server.notes.get(1) == NOTE
