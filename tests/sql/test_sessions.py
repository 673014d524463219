"""Sessions: what reads cannot write, and what a command writes is all or nothing (O1, O15, O19)."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, insert, select, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError, InvalidRequestError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from fusionrt import FrameworkError, Host, LogMissing, MissingTables
from fusionrt.sql import Database
from fusionrt.sql.tables import operations
from tests.services.contracts import Note
from tests.sql.shelf import Base, Row, Shelf, serving


class Fails(Exception):
    """On purpose."""


def row(id: int, text: str = "a") -> Row:
    """A note of mine."""
    return Row(id=id, owner="me", text=text)


async def count(db: Database) -> tuple[int, int]:
    """How many notes and operations are committed."""
    async with db.read() as session:
        notes = await session.scalar(select(func.count()).select_from(Row))
        stored = await session.scalar(select(func.count()).select_from(operations))
    assert notes is not None and stored is not None
    return notes, stored


# -- without a command --


@pytest.mark.parametrize("how", ["unit of work", "statement", "text"])
async def test_a_read_session_cannot_write(url: str, how: str) -> None:
    """The database refuses it, whatever way it is tried, also after a commit."""

    async def write(session: AsyncSession) -> None:
        if how == "unit of work":
            session.add(row(1))
            await session.flush()
        elif how == "statement":
            await session.execute(insert(Row).values(id=1, owner="", text="", version=1))
        else:
            await session.execute(text("DELETE FROM notes"))

    async with Database(url) as db:
        for first in (False, True):
            with pytest.raises(DBAPIError):
                async with db.read() as session:
                    if first:
                        await session.scalar(select(1))
                        await session.commit()
                    await write(session)
                    await session.commit()
        assert await count(db) == (0, 0)


async def test_begin_outside_of_a_command_is_an_ordinary_transaction(url: str) -> None:
    """It commits at the end of its block, or not at all; its objects stay what they are."""
    async with Database(url) as db:
        async with db.begin() as session:
            one = row(1)
            session.add(one)
        assert one.text == "a"
        with pytest.raises(Fails):
            async with db.begin() as session:
                session.add(row(2))
                await session.flush()
                raise Fails
        assert await count(db) == (1, 0)


async def test_what_only_a_transaction_has_written_others_do_not_read(url: str) -> None:
    """Readers wait for nobody."""
    async with Database(url) as db:
        async with db.begin() as session:
            session.add(row(1))
            await session.flush()
            assert await count(db) == (0, 0)
        assert await count(db) == (1, 0)


async def test_O2_who_left_amid_its_rows_leaves_no_old_view_to_the_next(url: str) -> None:
    """Somebody streams and has enough; whoever has the connection next reads what is there now."""
    async with Database(url, pool_size=1, max_overflow=0) as db:
        async with db.begin() as session:
            session.add_all(row(id, "old") for id in range(1000))
        kept = []
        async with db.read() as session:
            rows = await session.stream_scalars(select(Row), execution_options={"yield_per": 10})
            async for each in rows:
                kept.append((rows, each))
                break
        async with db.begin() as session:
            await session.execute(update(Row).values(text="new"))
        async with db.read() as session:
            assert {*(await session.scalars(select(Row.text)))} == {"new"}
        assert [each.text for _, each in kept] == ["old"]


async def test_O1_a_connection_that_is_thrown_away_lets_others_write(url: str) -> None:
    """Whoever is cancelled amid a statement loses the connection; its cursor lives on in a frame of
    what was raised. Nothing was written, and the next one waits for nobody."""
    async with Database(url) as db, Database(url) as other:
        async with db.begin() as session:
            connection = await session.connection()
            values = {"owner": "me", "text": "", "version": 1}
            added = insert(Row).values([values | {"id": id} for id in range(30)])
            rows = await connection.stream(added.returning(Row.id))
            await rows.fetchone()
            await session.invalidate()
        async with other.begin() as session:
            session.add(row(1))
        assert await count(other) == (1, 0)
        del rows  # not before


async def test_a_database_in_memory_is_refused() -> None:
    """Each connection would have one of its own."""
    for url in ("sqlite+aiosqlite://", "sqlite+aiosqlite:///:memory:"):
        with pytest.raises(FrameworkError, match="name a file"):
            Database(url)


async def test_a_driver_that_is_not_known_is_refused() -> None:
    """The message names those that are."""
    with pytest.raises(FrameworkError, match=r"postgresql\+asyncpg, sqlite\+aiosqlite"):
        Database("postgresql+psycopg://localhost/a")


async def test_a_host_whose_log_has_no_tables_says_what_to_call(
    nats_server: str, empty: str
) -> None:
    """When it is entered: nothing is served yet."""
    async with Database(empty) as db:
        with pytest.raises(MissingTables, match="create_all"):
            async with Host(nats_server, log=db.log()):
                pass


# -- in commands --


class Trying(Shelf):
    """Its command does what its text says."""

    async def put(self, note: Note) -> Note:
        await getattr(self, note.text.replace(" ", "_"))(note)
        return note

    async def add(self, note: Note) -> None:
        async with self.db.begin() as session:
            session.add(row(note.id))

    async def fail_in_the_first_block(self, note: Note) -> None:
        with suppress(Fails):
            async with self.db.begin() as session:
                session.add(row(1))
                await session.flush()
                raise Fails
        async with self.db.begin() as session:
            session.add(row(2))

    async def fail_in_a_later_block(self, note: Note) -> None:
        async with self.db.begin() as session:
            session.add(row(1))
        with suppress(IntegrityError):
            async with self.db.begin() as session:
                session.add(row(2))
                await session.flush()
                session.add(row(1))
        async with self.db.begin() as session:
            session.add(row(3))

    async def fail_in_an_inner_block(self, note: Note) -> None:
        async with self.db.begin() as outer:
            outer.add(row(1))
            await outer.flush()
            with suppress(Fails):
                async with self.db.begin() as inner:
                    inner.add(row(2))
                    await inner.flush()
                    raise Fails
            async with self.db.begin() as inner:
                inner.add(row(3))

    async def fail_around_an_inner_block(self, note: Note) -> None:
        await self.add(Note(1, "", ""))
        with suppress(Fails):
            async with self.db.begin():
                await self.add(Note(2, "", ""))
                raise Fails

    async def fail_in_the_end(self, note: Note) -> None:
        await self.fail_in_an_inner_block(note)
        raise Fails

    async def commit_by_hand(self, note: Note) -> None:
        async with self.db.begin() as session:
            session.add(row(1))
            await session.commit()
        async with self.db.begin() as session:
            session.add(row(2))
            await session.commit()
        raise Fails

    async def roll_back_by_hand(self, note: Note) -> None:
        async with self.db.begin() as session:
            session.add(row(1))
            await session.flush()
            await session.rollback()
        async with self.db.begin() as session:
            session.add(row(2))
            await session.flush()

    async def read_in_between(self, note: Note) -> None:
        async with self.db.begin() as session:
            session.add(row(1))
        async with self.db.read() as session:
            assert await session.get(Row, 1) is not None
            with pytest.raises(DBAPIError):
                await session.execute(text("DELETE FROM notes"))
        async with self.db.begin() as session:
            session.add(row(2))
            await session.flush()
            async with self.db.read() as reading:
                assert await reading.scalar(select(func.count()).select_from(Row)) == 2
        with pytest.raises(DBAPIError):
            async with self.db.read() as session:
                session.add(row(9))
                await session.flush()
        async with self.db.begin() as session:
            session.add(row(3))

    async def side_by_side(self, note: Note) -> None:
        async def one(id: int) -> None:
            async with self.db.begin() as session:
                session.add(row(id))
                await session.flush()
                async with self.db.read() as reading:
                    assert await reading.get(Row, id) is not None
                if id == 3:
                    raise Fails

        done = await asyncio.gather(*map(one, range(6)), return_exceptions=True)
        assert [type(each) for each in done if each] == [Fails]

    async def nest(self, note: Note) -> None:
        await self.add(Note(1, "", ""))
        await self.put(Note(2, "me", "add"))
        async with self.db.begin() as session:
            session.add(row(3))
            await session.flush()
            await self.put(Note(4, "me", "add"))

    async def nest_and_fail(self, note: Note) -> None:
        await self.nest(note)
        raise Fails


@pytest.mark.parametrize(
    ("what", "left"),
    {
        "add": [1],
        "fail in the first block": [2],
        "fail in a later block": [1, 3],
        "fail in an inner block": [1, 3],
        "fail around an inner block": [1],
        "fail in the end": [],
        "commit by hand": [],
        "roll back by hand": [2],
        "read in between": [1, 2, 3],
        "nest": [1, 2, 3, 4],
        "nest and fail": [],
    }.items(),
)
async def test_O1_O15_blocks_of_a_command_are_its_transaction(
    nats_server: str, url: str, what: str, left: list[int]
) -> None:
    """Together with the operation, one for all of its commands; a block that failed left nothing,
    and a command that failed left nothing at all."""
    async with serving(nats_server, url, Trying) as one:
        with suppress(Fails):
            await one.notes.put(Note(1, "me", what))
        async with one.db.read() as session:
            found = [*await session.scalars(select(Row.id).order_by(Row.id))]
        assert (found, (await count(one.db))[1]) == (left, 1 if left else 0)


async def test_O15_blocks_side_by_side_take_turns(nats_server: str, url: str) -> None:
    """The one that failed left nothing; had it been the first, all would have begun anew."""
    async with serving(nats_server, url, Trying) as one:
        await one.notes.put(Note(1, "me", "side by side"))
        async with one.db.read() as session:
            assert {*await session.scalars(select(Row.id))} == {0, 1, 2, 4, 5}


async def test_O15_a_command_that_was_rolled_back_invalidates_nothing(
    nats_server: str, url: str
) -> None:
    """Neither here nor elsewhere: no key, no nudge, no row."""
    async with (
        serving(nats_server, url, Trying) as first,
        serving(nats_server, url, Trying) as second,
    ):
        kept = [await each.notes.computed.get(1) for each in (first, second)]
        with pytest.raises(Fails):
            await first.notes.put(Note(1, "me", "fail in the end"))
        await first.notes.put(Note(2, "me", "fail in a later block"))
        await second.open_log.catch_up()
        assert [each.is_consistent for each in kept] == [True, True]
        assert second.log.applied == 1


async def test_O19_a_savepoint_publishes_nothing(nats_server: str, url: str) -> None:
    """While the command runs nobody sees any of it, though blocks of it have ended."""
    seen: list[tuple[int, int]] = []

    class Looking(Trying):
        async def look(self, note: Note) -> None:
            await self.nest(note)
            async with Database(url) as other:
                seen.append(await count(other))

    async with serving(nats_server, url, Looking) as one:
        await one.notes.put(Note(1, "me", "look"))
        assert seen == [(0, 0)]
        assert await count(one.db) == (4, 1)


@pytest.mark.filterwarnings("ignore:nested transaction already deassociated")
@pytest.mark.parametrize("swallowed", [False, True])
@pytest.mark.parametrize("first", [False, True])
async def test_O19_the_connection_of_a_command_does_not_commit(
    nats_server: str, url: str, first: bool, swallowed: bool
) -> None:
    """As one writes outside of commands: nothing of it is left, be it an outer block or a
    savepoint, nor when the connection is used for something else.
    """

    class Committing(Trying):
        async def commit(self, note: Note) -> None:
            if not first:
                await self.add(Note(1, "", ""))
            async with self.db.begin() as session:
                session.add(row(2))
                await session.flush()
                with suppress(*[FrameworkError] * swallowed):
                    await (await session.connection()).commit()
            raise Fails

    async with serving(nats_server, url, Committing) as one:
        with pytest.raises((FrameworkError, InvalidRequestError, Fails)) as caught:
            await one.notes.put(Note(1, "me", "commit"))
        assert swallowed or "told to commit" in str(caught.value)
        assert await count(one.db) == (0, 0)
        await one.notes.put(Note(3, "me", "add"))
        assert await count(one.db) == (1, 1)


@pytest.mark.parametrize(
    "statement",
    [
        "COMMIT",
        "commit transaction;",
        "/* all */ END",
        "-- all\nCOMMIT",
        "ROLLBACK",
        "PREPARE TRANSACTION 'a'",
        "COMMIT AND CHAIN",
    ],
)
async def test_O1_O19_a_statement_that_would_end_the_transaction_of_a_command_is_refused(
    nats_server: str, url: str, statement: str
) -> None:
    """Before it runs, wherever: who swallows that has a command that is all or nothing, as ever."""

    async def refused(session: AsyncSession | AsyncConnection) -> None:
        with pytest.raises(FrameworkError, match="which would end its transaction"):
            await session.execute(text(statement))

    class Saying(Trying):
        async def say(self, note: Note) -> None:
            async with self.db.begin() as session:
                session.add(row(1))
                await session.flush()
                await refused(session)
                await refused(await session.connection())
                async with self.db.begin() as inner:
                    inner.add(row(2))
                    await inner.flush()
                    await refused(inner)
            async with self.db.read() as session:
                await refused(session)
            async with self.db.begin() as session:
                if note.owner == "fails":
                    await session.execute(text(statement))

    async with serving(nats_server, url, Saying) as one:
        kept = await one.notes.computed.get(1)
        with pytest.raises(FrameworkError, match="leave that out"):
            await one.notes.put(Note(1, "fails", "say"))
        assert (await count(one.db), kept.is_consistent) == ((0, 0), True)
        await one.notes.put(Note(1, "me", "say"))
        assert (await count(one.db), kept.is_consistent) == ((2, 1), False)


@pytest.mark.parametrize("then", ["write", "nothing", "swallow", "fail"])
@pytest.mark.parametrize("first", [False, True])
async def test_O19_O20_a_transaction_that_was_ended_behind_its_session_is_noticed(
    nats_server: str, url: str, first: bool, then: str
) -> None:
    """By the next statement, or when the command has succeeded: nothing is written outside of it,
    and what it did write is invalidated everywhere."""

    class Hiding(Trying):
        async def hide(self, note: Note) -> None:
            if not first:
                await self.add(Note(2, "", ""))
            async with self.db.begin() as session:
                session.add(row(1))
                await session.flush()
                driver: Any = await (await session.connection()).get_raw_connection()
                await driver.driver_connection.execute("COMMIT")
                if then == "fail":
                    raise Fails
                if then != "nothing":
                    with suppress(*[FrameworkError] * (then == "swallow")):
                        session.add(row(3))
                        await session.flush()

    async with (
        serving(nats_server, url, Hiding) as one,
        serving(nats_server, url, Hiding) as other,
    ):
        kept = [await each.notes.computed.get(1) for each in (one, other)]
        with pytest.raises((Fails, FrameworkError), match=r"ended within|^$"):
            await one.notes.put(Note(1, "me", "hide"))
        await other.open_log.catch_up()
        assert [each.is_consistent for each in kept] == [False, False]
        assert await count(one.db) == (1 if first else 2, 1)
        await one.notes.put(Note(4, "me", "add"))
        assert await count(one.db) == (2 if first else 3, 2)


async def test_O1_a_conflict_that_rolled_all_back_is_noticed(
    tmp_path: Path, nats_server: str
) -> None:
    """`OR ROLLBACK` of SQLite: what comes next would be committed by itself."""
    url = f"sqlite+aiosqlite:///{tmp_path / 'notes.db'}"

    class Conflicting(Trying):
        async def conflict(self, note: Note) -> None:
            await self.add(Note(1, "", ""))
            async with self.db.begin() as session:
                with suppress(IntegrityError):
                    await session.execute(insert(Row).prefix_with("OR ROLLBACK").values(id=1))
                await session.execute(insert(Row).values(id=2, owner="", text="", version=1))

    async with Database(url) as db:
        await db.create_all(Base.metadata)
    async with serving(nats_server, url, Conflicting) as one:
        with pytest.raises(FrameworkError, match="ended within"):
            await one.notes.put(Note(1, "me", "conflict"))
        assert (await count(one.db))[0] == 0


async def test_a_command_whose_host_has_no_log_of_the_database_says_what_to_write(
    nats_server: str, url: str
) -> None:
    """At its first `begin()`: with no log at all, with another one, and without a host."""
    async with Database(url) as db, Database(url) as other:
        notes = Shelf(db=db)
        with pytest.raises(LogMissing, match=r"log=db\.log\(\)"):
            await notes.put(Note(1, "me", "a"))
        for log in (None, other.log()):
            async with Host(nats_server, log=log) as host:
                await host.serve(notes := Shelf(db=db))
                with pytest.raises(LogMissing, match=r"notes\.put"):
                    await notes.put(Note(1, "me", "a"))
        assert (await count(db))[0] == 0


@pytest.mark.parametrize("what", ["block", "command"])
async def test_what_a_command_left_behind_does_not_write_into_its_transaction(
    nats_server: str, url: str, what: str
) -> None:
    """That has ended with it. Plain code is outside of any command then, and a command that was
    called within another, and not waited for, has no transaction of its own.
    """
    left: list[asyncio.Task[object]] = []

    class Leaving(Trying):
        gate = asyncio.Event()

        async def late(self, note: Note) -> None:
            await self.gate.wait()
            await self.add(note)

        async def leave(self, note: Note) -> None:
            call = self.late(note) if what == "block" else self.put(Note(8, "me", "late"))
            left.append(asyncio.ensure_future(call))
            await self.add(Note(7, "", ""))

    async with serving(nats_server, url, Leaving) as one:
        await one.notes.put(Note(1, "me", "leave"))
        one.notes.gate.set()  # type: ignore[attr-defined]
        await asyncio.wait(left)
        if what == "block":
            assert await count(one.db) == (2, 1)
        else:
            with pytest.raises(FrameworkError, match="wait for it in the command"):
                left[0].result()
            assert await count(one.db) == (1, 2)  # what it declares is told


async def test_create_all_makes_only_what_is_not_there(empty: str) -> None:
    """Ours, and those that it is given; nothing of ours is in anybody's metadata."""
    async with Database(empty) as db:
        for _ in range(2):
            await db.create_all(Base.metadata)
        assert await count(db) == (0, 0)
    assert not any(name.startswith("fusion_") for name in Base.metadata.tables)
