"""`db.loader(Model)`: what is asked for in one turn of the loop comes by one query."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Engine, Text, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from fusionrt import FrameworkError, Host, UnknownShard
from fusionrt.sql import Database
from fusionrt.sql.loading import LARGEST
from tests.services.contracts import Note
from tests.services.generated.notes import NotesClient
from tests.sql.shelf import Base, Row, Shelf, ShelfHost, serving


class OtherBase(DeclarativeBase):
    """Of tables that only these tests have."""


class Pair(OtherBase):
    """Known by two columns."""

    __tablename__ = "pairs"

    one: Mapped[int] = mapped_column(primary_key=True)
    two: Mapped[int] = mapped_column(primary_key=True)


class Word(OtherBase):
    """Its case does not matter, to SQLite."""

    __tablename__ = "words"

    text: Mapped[str] = mapped_column(Text(collation="NOCASE"), primary_key=True)


class Named(OtherBase):
    """Its attribute has another name than its column."""

    __tablename__ = "named"

    key: Mapped[str] = mapped_column("id", primary_key=True)


class Loading(Shelf):
    """Reads with a loader."""

    async def get(self, id: int) -> Note | None:
        row = await self.db.loader(Row).load(id)
        return None if row is None else Note(row.id, row.owner, row.text)


@contextmanager
def selects(table: str = "notes") -> Iterator[list[str]]:
    """The queries of a table that are made meanwhile."""
    found: list[str] = []

    def note(*arguments: object) -> None:
        statement = str(arguments[2])
        if statement.startswith("SELECT") and f"FROM {table}" in statement:
            found.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(Engine, "before_cursor_execute", note)


async def fill(db: Database, count: int) -> None:
    """Notes 0 … count - 1."""
    async with db.begin() as session:
        session.add_all(Row(id=id, owner="me", text=str(id)) for id in range(count))


async def texts(db: Database, *ids: object) -> list[str | None]:
    """Of the notes of these ids."""
    rows = await asyncio.gather(*map(db.loader(Row).load, ids))
    return [None if row is None else row.text for row in rows]


async def test_a_hundred_cold_reads_are_one_query(url: str) -> None:
    """In one turn of the loop; what is read again later is read anew, and a hit reads nothing."""
    async with Database(url) as db:
        await fill(db, 100)
        notes = Loading(db=db)
        with selects() as made:
            found = await asyncio.gather(*map(notes.get, range(100)))
            assert [note and note.text for note in found] == [str(id) for id in range(100)]
            assert len(made) == 1
            await asyncio.gather(*map(notes.get, range(100)))
            assert len(made) == 1
            await texts(db, 1)
            await texts(db, 1)
            assert len(made) == 3


async def test_a_hundred_cold_reads_of_a_client_are_few_queries(nats_server: str, url: str) -> None:
    """They travel in one frame, of which the host begins some in each turn."""
    async with serving(nats_server, url, Loading) as one, Host(nats_server) as far:
        await fill(one.db, 100)
        notes = far.client(NotesClient)
        assert await notes.get(100) is None
        with selects() as made:
            found = await asyncio.gather(*map(notes.get, range(100)))
        assert [note and note.text for note in found] == [str(id) for id in range(100)]
        assert len(made) < 10


async def test_each_waiter_has_what_it_asked_for(url: str) -> None:
    """Whether that is there or not, is asked for twice, or is one of many queries."""
    async with Database(url) as db:
        await fill(db, 2 * LARGEST + 1)
        with selects() as made:
            ids = [*range(2 * LARGEST + 3), 5, 5]
            expected = [str(id) if id <= 2 * LARGEST else None for id in ids]
            assert await texts(db, *ids) == expected
        assert len(made) == 3


async def test_the_number_of_ids_makes_few_different_statements(url: str) -> None:
    """A driver keeps about a hundred of them prepared."""
    async with Database(url) as db:
        await fill(db, 40)
        with selects() as made:
            for count in range(1, 41):
                assert await texts(db, *range(count)) == [str(id) for id in range(count)]
        assert len(made) == 40
        assert len({*made}) == 7


async def test_every_load_is_fresh(url: str) -> None:
    """A loader that is kept does not keep what it has read, nor does one turn know the last."""
    async with Database(url) as db:
        await fill(db, 1)
        loader = db.loader(Row)
        for text in ("a", "b"):
            async with db.begin() as session:
                (await session.get_one(Row, 0)).text = text
            row = await loader.load(0)
            assert row is not None and row.text == text


async def test_a_value_that_the_database_refuses_fails_only_who_asked_for_it(url: str) -> None:
    """Nobody's bad id is anybody else's error; the others come by a few queries more."""
    async with Database(url) as db:
        await fill(db, 100)
        with selects() as made:
            asked = [*range(50), 2**70, *range(50, 100)]
            found = await asyncio.gather(*map(db.loader(Row).load, asked), return_exceptions=True)
        errors = [each for each in found if isinstance(each, BaseException)]
        assert [type(error) for error in errors] in ([DBAPIError], [OverflowError])
        assert found.index(errors[0]) == 50
        assert [each.text for each in found if isinstance(each, Row)] == [*map(str, range(100))]
        assert len(made) < 20


async def test_a_query_that_fails_fails_all_who_wait_for_it(empty: str) -> None:
    """Once: without its table it would fail for each of them, too."""
    async with Database(empty) as db:
        with selects() as made:
            loads = map(db.loader(Row).load, range(100))
            found = await asyncio.gather(*loads, return_exceptions=True)
        assert len(found) == 100
        assert all(isinstance(each, DBAPIError) for each in found)
        assert len(made) == 1
        await db.create_all(Base.metadata)
        assert await texts(db, 1) == [None]


@pytest.mark.parametrize("id", [None, [1]])
async def test_what_can_be_no_id_is_refused_where_it_is_asked_for(url: str, id: object) -> None:
    """Others are not disturbed."""
    async with Database(url) as db:
        await fill(db, 1)
        loads = [db.loader(Row).load(0), db.loader(Row).load(id)]
        row, error = await asyncio.gather(*loads, return_exceptions=True)
        assert isinstance(row, Row)
        assert isinstance(error, TypeError)


async def test_an_id_that_the_database_finds_equal_is_found(sqlite: str) -> None:
    """It compares in its own way, of which Python knows nothing."""
    async with Database(sqlite) as db:
        await db.create_all(OtherBase.metadata)
        async with db.begin() as session:
            session.add_all([Word(text="One"), Word(text="two")])
        asked = ["ONE", "two", "One", "three", "one"]
        found = await asyncio.gather(*map(db.loader(Word).load, asked))
        assert [word and word.text for word in found] == ["One", "two", "One", None, "One"]


async def test_an_attribute_with_another_name_than_its_column(sqlite: str) -> None:
    """It is asked for by what the mapper says."""
    async with Database(sqlite) as db:
        await db.create_all(OtherBase.metadata)
        async with db.begin() as session:
            session.add(Named(key="a"))
        row = await db.loader(Named).load("a")
        assert row is not None and row.key == "a"


async def test_classes_that_a_loader_cannot_read_are_refused(sqlite: str) -> None:
    """When the loader is made, and with what to do."""
    async with Database(sqlite) as db:
        with pytest.raises(FrameworkError, match=r"Pair is known by one, two together.*session"):
            db.loader(Pair)
        with pytest.raises(FrameworkError, match="maps to a table"):
            db.loader(Note)
        with pytest.raises(UnknownShard, match="it has one, without a name"):
            db.loader(Row, "elsewhere")


async def test_each_shard_is_asked_by_itself(tmp_path: Path) -> None:
    """Also in one turn."""
    urls = {name: f"sqlite+aiosqlite:///{tmp_path / name}.db" for name in ("a", "b")}
    async with Database(urls) as db:
        await db.create_all(Base.metadata)
        for name in urls:
            async with db.begin(name) as session:
                session.add(Row(id=1, owner="me", text=name))
        loads = [db.loader(Row, name).load(1) for name in ("a", "b", "a")]
        rows = await asyncio.gather(*loads)
        assert [row and row.text for row in rows] == ["a", "b", "a"]


# -- cancelled, closed --


async def test_a_waiter_that_is_cancelled_takes_nothing_from_the_others(url: str) -> None:
    """Also if it is the first, whose turn began the query."""
    async with Database(url) as db:
        await fill(db, 3)
        tasks = [asyncio.ensure_future(db.loader(Row).load(id)) for id in range(3)]
        await asyncio.sleep(0)
        tasks[0].cancel()
        first, *others = await asyncio.gather(*tasks, return_exceptions=True)
        assert isinstance(first, asyncio.CancelledError)
        assert [other.text for other in others if isinstance(other, Row)] == ["1", "2"]


@pytest.mark.parametrize("turns", range(6))
async def test_a_database_that_is_closed_first_reads_what_was_asked_for(
    url: str, turns: int
) -> None:
    """No connection is left behind, and nobody waits for ever."""
    db = Database(url)
    await fill(db, 1)
    task = asyncio.ensure_future(db.loader(Row).load(0))
    for _ in range(turns):
        await asyncio.sleep(0)
    await asyncio.sleep(0)
    await db.close()
    assert task.done()
    assert (await task) is not None


def test_a_loop_that_ended_leaves_nothing_that_the_next_one_waits_for(tmp_path: Path) -> None:
    """A load that was begun, and never read, is none of the next loop's."""
    db = Database(f"sqlite+aiosqlite:///{tmp_path / 'a.db'}")
    left: list[asyncio.Future[Row | None]] = []

    async def abandon() -> None:
        await db.create_all(Base.metadata)
        await db.close()
        left.append(asyncio.ensure_future(db.loader(Row).load(0)))
        await asyncio.sleep(0)

    async def read() -> None:
        async with db:
            assert await texts(db, 0) == [None]

    asyncio.run(abandon())
    asyncio.run(asyncio.wait_for(read(), 10))


# -- in commands --


class Commanding(Loading):
    """Its command does what its text says."""

    async def put(self, note: Note) -> Note:
        await getattr(self, note.text.replace(" ", "_"))()
        return note

    async def change(self, id: int, text: str) -> None:
        async with self.db.begin() as session:
            (await session.get_one(Row, id)).text = text

    async def read_what_it_wrote(self) -> None:
        assert await texts(self.db, 0, 1) == ["0", "1"]
        await self.change(0, "new")
        with selects() as made:
            assert await texts(self.db, 0, 1) == ["new", "1"]
        assert len(made) == 1
        async with self.db.begin() as session:
            (await session.get_one(Row, 1)).text = "newer"
            await session.flush()
            assert await texts(self.db, 0, 1) == ["new", "newer"]

    async def read_within_a_block_and_beside_it(self) -> None:
        await self.change(0, "new")
        inside, outside = asyncio.Event(), asyncio.Event()

        async def block() -> None:
            async with self.db.begin() as session:
                (await session.get_one(Row, 0)).text = "undone"
                await session.flush()
                inside.set()
                await outside.wait()
                assert await texts(self.db, 0) == ["undone"]
                await session.rollback()

        async def beside() -> None:
            await inside.wait()
            outside.set()
            assert await texts(self.db, 0) == ["new"]

        async with asyncio.timeout(10):
            await asyncio.gather(block(), beside())

    async def be_refused_a_value(self) -> None:
        await self.change(0, "new")
        loads = map(self.db.loader(Row).load, [0, 2**70, 1])
        first, error, last = await asyncio.gather(*loads, return_exceptions=True)
        assert isinstance(first, Row) and isinstance(last, Row)
        assert first.text == "new"
        assert isinstance(error, Exception)
        await self.change(1, "new")

    async def be_in_a_hurry(self) -> None:
        await self.change(0, "new")
        for turns in range(8):
            task = asyncio.ensure_future(texts(self.db, 0))
            for _ in range(turns):
                await asyncio.sleep(0)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task


@pytest.mark.parametrize(
    "what",
    [
        "read what it wrote",
        "read within a block and beside it",
        "be refused a value",
        "be in a hurry",
    ],
)
async def test_loads_of_a_command_see_what_it_wrote(nats_server: str, url: str, what: str) -> None:
    """They read through its transaction, and are over before that ends."""
    async with serving(nats_server, url, Commanding) as one:
        await fill(one.db, 2)
        await one.notes.put(Note(9, "me", what))
        assert (await texts(one.db, 0))[0] == "new"


async def test_nobody_else_sees_what_a_command_wrote(nats_server: str, url: str) -> None:
    """Not even who asks in the same turn of the loop."""
    read: list[list[str | None]] = []
    wrote, over = asyncio.Event(), asyncio.Event()

    class Beside(Commanding):
        async def write(self) -> None:
            await self.change(0, "new")
            wrote.set()
            assert await texts(self.db, 0) == ["new"]
            await over.wait()

    async def beside(one: ShelfHost) -> None:
        await wrote.wait()
        read.append(await texts(one.db, 0))
        over.set()

    async with serving(nats_server, url, Beside) as one:
        await fill(one.db, 1)
        await asyncio.gather(one.notes.put(Note(9, "me", "write")), beside(one))
    assert read == [["0"]]
