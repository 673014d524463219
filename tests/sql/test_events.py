"""Events are stored with what their commands write, or not at all (O1, O15, O16)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack, suppress
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import msgspec
import pydantic
import pytest
from sqlalchemy import update
from sqlalchemy.orm.exc import StaleDataError

from fusionrt import (
    ArgumentError,
    EventExists,
    FrameworkError,
    Host,
    JetStreamLog,
    NotInCommand,
    OutboxMissing,
    UnsupportedType,
    operation,
)
from fusionrt.sql import Database, tables
from fusionrt.sql.outbox.claims import Claims
from fusionrt.sql.outbox.trimming import KEPT, trim_events
from fusionrt.values.codecs import codec
from tests.services.contracts import Note
from tests.sql.reminders import Asking, Due, Other, asking, clock, make_due, stored
from tests.sql.shelf import Base, Row, ShelfHost, serving
from tests.sql.test_sessions import count

Ask = Callable[[Note], Awaitable[object]]


class Fails(Exception):
    """On purpose."""


def service(one: ShelfHost) -> Asking:
    """The notes of this host."""
    return cast(Asking, one.notes)


async def test_O1_an_event_is_committed_with_what_its_command_wrote(
    nats_server: str, url: str
) -> None:
    """Nobody sees it before; its id is told to the command."""
    seen: list[object] = []

    async with asking(nats_server, url) as one:

        async def ask(note: Note) -> None:
            seen.append(await operation.event(Due(note.id, "ä"), after=60))
            async with Database(url) as other:
                seen.append((await count(other), await stored(other)))

        await service(one).put_with(ask)
        (found,) = (await stored(one.db)).values()
        assert seen == [found.id, ((0, 0), {})]
        assert (found.type, found.state, found.tries) == ("Due", "open", 0)
        assert codec(Due).decode(found.value) == Due(1, "ä")
        assert found.due - found.added == pytest.approx(60, abs=0.5)


async def test_O15_no_event_is_left_of_what_was_rolled_back(nats_server: str, url: str) -> None:
    """Of a command that failed, of an outer one that did, and of a block that did; what was stored
    before and after that block stays."""

    async with asking(nats_server, url) as one:
        notes = service(one)

        async def fail(note: Note) -> None:
            await operation.event(Due(note.id))
            raise Fails

        async def nest(note: Note) -> None:
            if note.id == 1:
                await notes.put(Note(2, "me", "inner"))
                raise Fails
            await operation.event(Due(note.id))

        async def blocks(note: Note) -> None:
            await operation.event(Due(1), id="before")
            with suppress(Fails):
                async with one.db.begin():
                    await operation.event(Due(2), id="within")
                    raise Fails
            await operation.event(Due(3), id="after")

        for ask in (fail, nest):
            with pytest.raises(Fails):
                await notes.put_with(ask)
        assert (await count(one.db), await stored(one.db)) == ((0, 0), {})
        await notes.put_with(blocks)
        assert {*await stored(one.db)} == {"before", "after"}


async def test_O15_a_nested_commands_events_commit_with_the_outer_one(
    nats_server: str, url: str
) -> None:
    """Also if it stored them before anything was written, within a block, and side by side."""

    async with asking(nats_server, url) as one:
        notes = service(one)

        class Outer(Asking):
            async def put(self, note: Note) -> Note:
                await operation.event(Due(0), id="first")
                async with self.db.begin() as session:
                    session.add(Row(id=7, owner="me", text="a"))
                    await session.flush()
                    await operation.event(Due(7), id="block")
                    await asyncio.gather(*(operation.event(Due(n), id=f"n{n}") for n in range(5)))
                assert await stored(notes.db) == {}
                return note

        async with serving(nats_server, url, Outer) as other:
            await other.notes.put(Note(1, "me", "a"))
        expected = {"first", "block", "n0", "n1", "n2", "n3", "n4"}
        assert {*await stored(one.db)} == expected
        assert await count(one.db) == (1, 1)


async def test_O1_a_command_that_only_stores_an_event_commits_it(
    nats_server: str, url: str
) -> None:
    """Nothing else was written, and it needs no session."""

    class Only(Asking):
        async def put_all(self, notes: tuple[Note, ...]) -> None:
            for note in notes:
                await operation.event(Due(note.id), id=str(note.id))

    async with serving(nats_server, url, Only) as one:
        await one.notes.put_all((Note(1, "", ""), Note(2, "", "")))
        assert {*await stored(one.db)} == {"1", "2"}


async def test_O16_what_is_run_again_stores_its_event_once(nats_server: str, url: str) -> None:
    """A command that met a conflict runs again as a whole; its caller's repetition does not run."""
    tries: list[int] = []

    async with asking(nats_server, url) as one:
        notes = service(one)

        async def ask(note: Note) -> None:
            await operation.event(Due(note.id))
            tries.append(1)
            if len(tries) == 1:
                raise StaleDataError

        notes.ask = ask
        for _ in range(2):
            with operation.once("an id of mine"):
                assert (await notes.put(Note(1, "me", "a"))).id == 1
        assert (len(tries), len(await stored(one.db))) == (2, 1)


# -- ids --


async def test_O16_an_id_that_is_there_fails(nats_server: str, url: str) -> None:
    """The command, unless it says what is to become of it; nothing of that is left."""
    async with asking(nats_server, url) as one:
        notes = service(one)

        async def ask(note: Note) -> None:
            await operation.event(Due(note.id, "first"), id="a")

        async def caught(note: Note) -> None:
            with pytest.raises(EventExists, match="an event a already") as caught:
                await operation.event(Due(note.id, "second"), id="a")
            assert caught.value.id == "a"

        await notes.put_with(ask)
        with pytest.raises(EventExists):
            await notes.put_with(ask, 2)
        await notes.put_with(caught, 3)
        assert (await count(one.db)) == (2, 2)
        assert codec(Due).decode((await stored(one.db))["a"].value).text == "first"


@pytest.mark.parametrize("state", ["new", "tried", "done", "dead"])
@pytest.mark.parametrize("conflict", ["skip", "update"])
async def test_O16_an_id_that_is_there_is_skipped_or_updated(
    nats_server: str, url: str, conflict: Any, state: str
) -> None:
    """Skipped always; updated only as long as nobody has begun to do it, with its time."""
    async with asking(nats_server, url) as one:
        notes = service(one)

        async def first(note: Note) -> None:
            await operation.event(Due(1, "first"), id="a", after=100)

        async def second(note: Note) -> None:
            await operation.event(Other(2), id="a", after=200, conflict=conflict)

        await notes.put_with(first)
        if state != "new":
            ended = {"state": state} if state != "tried" else {}
            async with one.db.begin() as session:
                await session.execute(update(tables.events).values(tries=1, **ended))
        if conflict == "update" and state != "new":
            with pytest.raises(EventExists):
                await notes.put_with(second)
        else:
            await notes.put_with(second)
        found = (await stored(one.db))["a"]
        updated = conflict == "update" and state == "new"
        assert found.type == ("other.type" if updated else "Due")
        assert found.due - found.added == pytest.approx(200 if updated else 100, abs=0.5)


async def test_O16_two_hosts_that_store_one_id_at_once_store_it_once(
    nats_server: str, url: str
) -> None:
    """The second waits for the first to commit, or to be rolled back."""
    async with asking(nats_server, url) as first, asking(nats_server, url) as second:

        async def ask(note: Note) -> None:
            await operation.event(Due(note.id), id="a")

        both = (service(one).put_with(ask, id) for id, one in enumerate((first, second)))
        ended = await asyncio.gather(*both, return_exceptions=True)
        assert sorted(type(each).__name__ for each in ended) == ["EventExists", "Note"]
        assert await count(first.db) == (1, 1)


# -- times --


async def test_O16_a_time_is_seconds_or_a_moment(nats_server: str, url: str) -> None:
    """Of the database's clock."""
    moment = datetime(2100, 1, 1, tzinfo=UTC)

    async with asking(nats_server, url) as one:

        async def ask(note: Note) -> None:
            await operation.event(Due(1), id="a", after=moment)
            await operation.event(Due(1), id="b", after=timedelta(minutes=1))
            await operation.event(Due(1), id="c")

        await service(one).put_with(ask)
        found = await stored(one.db)
        assert found["a"].due == moment.timestamp()
        assert found["b"].due - found["b"].added == pytest.approx(60, abs=0.5)
        assert found["c"].due == pytest.approx(found["c"].added, abs=0.5)


async def test_O16_events_of_one_window_are_one(nats_server: str, url: str) -> None:
    """It is due at the window's end; another key has another one."""
    async with asking(nats_server, url) as one:
        notes, ids = service(one), []

        async def ask(note: Note) -> None:
            ids.append(await operation.event(Due(note.id), every=1000.0))
            await operation.event(Due(note.id), id="mine", every=1000.0, after=5000)

        before = await clock(one.db)
        for id in range(3):
            await notes.put_with(ask, id)
        end = -(-before // 1000) * 1000
        assert {*await stored(one.db)} == {f"Due@{end:.0f}", f"mine@{end + 5000:.0f}"}
        assert {*ids} == {f"Due@{end:.0f}"}
        assert (await stored(one.db))[ids[0]].due == end


async def test_O16_a_window_that_was_begun_is_not_joined(nats_server: str, url: str) -> None:
    """What is done then does not see what this command writes: the next window does."""
    async with asking(nats_server, url) as one:
        notes, ids = service(one), []

        async def ask(note: Note) -> None:
            ids.append(await operation.event(Due(note.id), id="k", every=1000.0))

        await notes.put_with(ask)
        async with one.db.begin() as session:
            await session.execute(update(tables.events).values(tries=1))
        await notes.put_with(ask)
        first, second = (float(id.removeprefix("k@")) for id in ids)
        assert second - first == 1000


async def test_O16_a_window_waits_for_all_that_share_it(nats_server: str, postgres: str) -> None:
    """A slow command that has joined it commits after its end: only then it is done. (SQLite has
    one writer at a time.)"""
    async with Database(postgres) as db:
        await db.create_all(Base.metadata)
    async with asking(nats_server, postgres) as one, asking(nats_server, postgres) as slow:
        joined, go_on = asyncio.Event(), asyncio.Event()

        async def ask(note: Note) -> None:
            await operation.event(Due(note.id), every=1000.0)

        async def ask_slowly(note: Note) -> None:
            await ask(note)
            joined.set()
            await go_on.wait()

        await service(one).put_with(ask)
        await make_due(one.db)  # as if its end came now
        running = asyncio.ensure_future(service(slow).put_with(ask_slowly, 2))
        await joined.wait()
        async with asyncio.timeout(5):
            await service(one).put_with(ask, 3)  # others may join it meanwhile
        claims = Claims(one.db._at(""), "claimant")
        assert await claims.take(["Due"], 9) == []
        go_on.set()
        await running
        assert len(await claims.take(["Due"], 9)) == 1


# -- what is refused --


class Struct(msgspec.Struct):
    """Another way to declare one."""

    id: int


class Model(pydantic.BaseModel):
    """A third."""

    id: int


async def test_O16_types_are_stored_by_their_names(nats_server: str, url: str) -> None:
    """Dataclasses, Structs and models; a subclass has a name of its own."""

    class Sub(Other):
        """Not `other.type`."""

    async with asking(nats_server, url) as one:

        async def ask(note: Note) -> None:
            for event in (Other(1), Sub(2), Struct(3), Model(id=4)):
                await operation.event(event)

        await service(one).put_with(ask)
        found = sorted(row.type for row in (await stored(one.db)).values())
        assert found == ["Model", "Struct", "Sub", "other.type"]


NO_EVENTS: list[tuple[dict[str, Any], str]] = [
    ({"id": ""}, "visible characters"),
    ({"id": "a b"}, "visible characters"),
    ({"id": "a\nb: c"}, "visible characters"),
    ({"id": "a" * 201}, "visible characters"),
    ({"id": 5}, "visible characters"),
    ({"after": -1}, "0 or more"),
    ({"after": float("nan")}, "seconds"),
    ({"after": float("inf")}, "for ever"),
    ({"after": "5"}, "seconds"),
    ({"after": None}, "seconds"),
    ({"after": datetime(2100, 1, 1)}, "time zone"),
    ({"conflict": "ignore"}, "'fail', 'skip' or 'update'"),
    ({"every": -1}, "every"),
    ({"every": float("inf")}, "every"),
    ({"every": 5, "conflict": "skip"}, "every"),
    ({"event": 5}, "no class of yours"),
    ({"event": Due}, "no class of yours"),
    ({"event": Due("one")}, "Due: Expected `int`, got `str`"),  # type: ignore[arg-type]
    ({"event": Due(1, "\ud800")}, "Due: .*surrogates"),
]


async def test_what_is_no_event_is_refused(nats_server: str, url: str) -> None:
    """Before anything is stored."""
    async with asking(nats_server, url) as one:

        async def ask(note: Note) -> None:
            for options, problem in NO_EVENTS:
                given = {"event": Due(1), **options}
                with pytest.raises(ArgumentError, match=problem):
                    await operation.event(given.pop("event"), **given)

        await service(one).put_with(ask)
        assert await stored(one.db) == {}


async def test_what_is_no_handler_is_refused(nats_server: str, sqlite: str) -> None:
    """And not when an event of its type is due, five times."""
    async with Database(sqlite) as db:
        await db.create_all()
        async with Host(nats_server, log=db.log()) as host:
            with pytest.raises(ArgumentError, match="handler: expected a function"):
                host.on(Due, None)  # type: ignore[arg-type]
            with pytest.raises(ArgumentError, match="tries: expected a whole number, 1 or more"):
                host.on(Due, remind, tries=0)
            host.on(Due, remind)


async def remind(event: Due, id: str) -> None:
    """Do nothing."""


async def test_one_text_is_no_ids_of_events(sqlite: str) -> None:
    """Not taken for those of its letters."""
    async with Database(sqlite) as db:
        await db.create_all()
        with pytest.raises(ArgumentError, match=r"expected several, such as \['a'\]"):
            await db.outbox().rearm("a")
        with pytest.raises(ArgumentError, match="limit: expected a whole number"):
            await db.outbox().dead(-1)


async def test_an_event_that_cannot_travel_is_refused(nats_server: str, url: str) -> None:
    """As any value of such a type."""

    class Plain:
        """Nobody knows its fields."""

    async with asking(nats_server, url) as one:

        async def ask(note: Note) -> None:
            with pytest.raises(UnsupportedType):
                await operation.event(Plain())

        await service(one).put_with(ask)


async def test_an_event_outside_of_a_command_is_refused() -> None:
    """It has no operation."""
    with pytest.raises(NotInCommand, match=r"operation\.event"):
        await operation.event(Due(1))


@pytest.mark.parametrize("log", ["none", "jetstream", "service alone"])
async def test_without_the_databases_log_it_says_what_to_write(jetstream: str, log: str) -> None:
    """At the event, and where a handler is given."""

    class Stores(Asking):
        async def put(self, note: Note) -> Note:
            await operation.event(Due(note.id))
            return note

    async def handle(event: Due, id: str) -> None:
        """Never called."""

    notes = Stores(db=cast(Database, None))
    if log == "service alone":
        with pytest.raises(OutboxMissing, match=r"notes\.put.*log=db\.log\(\)"):
            await notes.put(Note(1, "", ""))
        return
    async with Host(jetstream, log=JetStreamLog() if log == "jetstream" else None) as host:
        await host.serve(notes)
        with pytest.raises(OutboxMissing, match=r"Due: .*log=db\.log\(\)"):
            host.on(Due, handle)
        with pytest.raises(OutboxMissing, match="Due: "):
            host.relay(Due)
        with pytest.raises(OutboxMissing, match=r"notes\.put"):
            await notes.put(Note(1, "", ""))


async def test_of_several_shards_an_event_is_on_that_of_its_operation(
    nats_server: str, url: str, tmp_path: Any
) -> None:
    """One that was stored before it has begun on any is an error that says so."""
    urls = {"a": url, "b": f"sqlite+aiosqlite:///{tmp_path / 'b.db'}"}

    class Sharded(Asking):
        async def put(self, note: Note) -> Note:
            if note.text:
                async with self.db.begin(note.text) as session:
                    session.add(Row(id=note.id, owner="me", text="a"))
            await operation.event(Due(note.id), id="a")
            return note

    async with AsyncExitStack() as exits:
        db = await exits.enter_async_context(Database(urls))
        await db.create_all(Base.metadata)
        host = await exits.enter_async_context(Host(nats_server, log=db.log()))
        await host.serve(notes := Sharded(db=db))
        await notes.put(Note(1, "", "b"))
        counts = [await db.outbox(shard).counts() for shard in db.shards]
        assert [each.due for each in counts] == [0, 1]
        with pytest.raises(FrameworkError, match=r"db\.begin"):
            await notes.put(Note(1, "", ""))


async def test_what_a_command_left_behind_stores_no_event(nats_server: str, url: str) -> None:
    """Its transaction has ended; plain code has no operation."""
    left: list[asyncio.Task[object]] = []
    gate = asyncio.Event()

    async with asking(nats_server, url) as one:

        async def ask(note: Note) -> None:
            async def late() -> None:
                await gate.wait()
                await operation.event(Due(1))

            left.append(asyncio.ensure_future(late()))

        await service(one).put_with(ask)
        gate.set()
        with pytest.raises(NotInCommand):
            await left[0]
        assert await stored(one.db) == {}


# -- trimming --


async def test_O17_events_that_are_done_are_forgotten_after_an_hour(
    nats_server: str, url: str
) -> None:
    """Not before, and no others: not those that wait, however old, nor dead ones."""
    async with asking(nats_server, url) as one:
        now = await clock(one.db)

        async def ask(note: Note) -> None:
            for id in ("open", "dead", "done", "done long ago"):
                await operation.event(Due(1), id=id.replace(" ", "-"))

        await service(one).put_with(ask)
        async with one.db.begin() as session:
            row = tables.events
            for id, ago in (("dead", 9e9), ("done", KEPT - 60), ("done-long-ago", KEPT + 1)):
                ended = {"state": id.partition("-")[0], "ended": now - ago}
                await session.execute(update(row).where(row.c.id == id).values(ended))
            await session.execute(update(row).values(added=0.0, due=0.0))
        assert await trim_events(one.db._at("")) == 1
        assert {*await stored(one.db)} == {"open", "dead", "done"}
