"""Events are done: not before their time, at least once, by one host at a time (O16)."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, cast

import pytest
from sqlalchemy import update

from fusionrt import FrameworkError, Host, operation
from fusionrt.sql import Database, OutboxCounts
from fusionrt.sql.outbox import claimer as claimer_module
from fusionrt.sql.outbox import claims as claims_module
from fusionrt.sql.outbox.claims import Claims
from fusionrt.sql.tables import events
from tests.services.contracts import Note
from tests.services.generated.notes import NotesClient
from tests.sql.reminders import Asking, Due, Other, asking, clock, make_due, stored
from tests.sql.shelf import ShelfHost
from tests.waiting import until


@pytest.fixture(autouse=True)
def slow_poll(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is done soon is done for a hint."""
    monkeypatch.setattr(claimer_module, "POLL", 600.0)


@dataclass
class Store:
    """A command that stores one event; see `reminders.Asking`."""

    one: ShelfHost

    async def __call__(self, *events: object, **options: Any) -> None:
        async def ask(note: Note) -> None:
            for event in events:
                await operation.event(event, **options)

        await cast(Asking, self.one.notes).put_with(ask)


@asynccontextmanager
async def storing(nats: str, url: str) -> AsyncIterator[tuple[ShelfHost, Store]]:
    """A host, and what stores events there."""
    async with asking(nats, url) as one:
        yield one, Store(one)


class Seen:
    """A handler that writes down what came, and fails as often as it is told."""

    def __init__(self, failures: int = 0) -> None:
        self.failures = failures
        self.events: list[tuple[object, str]] = []

    async def __call__(self, event: object, id: str) -> None:
        self.events.append((event, id))
        if len(self.events) <= self.failures:
            raise RuntimeError(f"failure {len(self.events)}")


async def ended(db: Database, state: str = "done") -> None:
    """Return when all events have this state."""

    async def all_ended() -> bool:
        return all(row.state == state for row in (await stored(db)).values())

    async with asyncio.timeout(10):
        while not await all_ended():  # noqa: ASYNC110 - a table has no event
            await asyncio.sleep(0.01)


async def test_O16_an_event_is_done_when_its_command_has_committed(
    nats_server: str, url: str
) -> None:
    """At once, in the same host; outside of the command, with the event and its id."""
    async with storing(nats_server, url) as (one, store):
        seen = Seen()
        one.host.on(Due, seen)
        await store(Due(1, "a"), id="x")
        await until(lambda: seen.events)
        assert seen.events == [(Due(1, "a"), "x")]
        await ended(one.db)
        assert (await one.db.outbox().counts()) == OutboxCounts(0, 0, 0, 0, 0.0)


async def test_O16_what_waited_for_a_handler_is_done_when_there_is_one(
    nats_server: str, url: str
) -> None:
    """It was stored by a host that has none, or before all hosts were stopped."""
    async with storing(nats_server, url) as (_, store):
        await store(Due(1), Due(2))
    async with asking(nats_server, url) as one:
        seen = Seen()
        one.host.on(Due, seen)
        await until(lambda: len(seen.events) == 2)


async def test_O16_another_host_does_it_soon(nats_server: str, url: str) -> None:
    """It reads the log for what the command invalidated, and looks for events then."""
    async with storing(nats_server, url) as (_, store), asking(nats_server, url) as other:
        seen = Seen()
        other.host.on(Due, seen)
        await store(Due(1))
        await until(lambda: seen.events)


async def test_O16_without_a_hint_it_is_found_by_the_poll(
    nats_server: str, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What another process stored that is gone."""
    monkeypatch.setattr(claimer_module, "POLL", 0.1)
    async with asking(nats_server, url) as other:
        seen = Seen()
        other.host.on(Due, seen)
        async with Database(url) as db, Host(nats_server, log=db.log(), prefix="apart") as host:
            await host.serve(notes := Asking(db=db))
            await Store(ShelfHost(db, host, notes))(Due(1))
        await until(lambda: seen.events)


async def test_O16_never_before_its_time(nats_server: str, url: str) -> None:
    """By the database's clock; and soon after it, without a poll."""
    async with storing(nats_server, url) as (one, store):
        begun: dict[str, float] = {}

        async def handle(event: Due, id: str) -> None:
            begun[id] = await clock(one.db)

        one.host.on(Due, handle)
        await store(Due(1), id="a", after=0.5)
        await store(Due(1), id="b", every=0.5)
        await until(lambda: len(begun) == 2)
        (window,) = {*begun} - {"a"}
        assert begun["a"] >= (await stored(one.db))["a"].added + 0.5
        assert begun[window] >= float(window.removeprefix("b@"))


async def test_O16_a_host_takes_only_types_that_it_knows(nats_server: str, url: str) -> None:
    """A rolling deployment: what a newer version stores is left to that."""
    async with storing(nats_server, url) as (old, store), asking(nats_server, url) as new:
        seen, seen_by_old = Seen(), Seen()
        old.host.on(Due, seen_by_old)
        await store(Other(1), Due(1))
        await until(lambda: seen_by_old.events)
        new.host.on(Other, seen)
        await until(lambda: seen.events)
        assert [event for event, _ in seen_by_old.events] == [Due(1)]
        assert [event for event, _ in seen.events] == [Other(1)]


async def test_O16_a_value_of_a_newer_version_is_left_for_later(nats_server: str, url: str) -> None:
    """It cannot be read here: another host may take the next try."""
    async with storing(nats_server, url) as (one, store):
        seen = Seen()
        await store(Due(1), id="a")
        async with one.db.begin() as session:
            await session.execute(update(events).values(value=b"\x93\x01\x02\x03"))
        one.host.on(Due, seen)
        async with asyncio.timeout(10):
            while not (row := (await stored(one.db))["a"]).error:  # noqa: ASYNC110 - see above
                await asyncio.sleep(0.01)
        assert (row.state, row.tries, row.claimant, seen.events) == ("open", 1, None, [])
        assert row.error.startswith("WireError")


async def test_O16_a_type_has_one_handler_in_a_host(nats_server: str, url: str) -> None:
    """Each event is done once."""
    async with asking(nats_server, url) as one:
        one.host.on(Due, Seen())
        with pytest.raises(FrameworkError, match="Due have a handler"):
            one.host.relay(Due)


async def test_O16_each_event_has_one_claimant(nats_server: str, url: str) -> None:
    """Of three hosts that look for 60 events at once; none is done twice, and each is done."""
    async with (
        storing(nats_server, url) as (one, store),
        asking(nats_server, url) as two,
        asking(nats_server, url) as three,
    ):
        await store(*(Due(id) for id in range(60)))
        seen = [Seen() for _ in range(3)]
        for host, each in zip((one, two, three), seen, strict=True):
            host.host.on(Due, each)
        await until(lambda: sum(len(each.events) for each in seen) >= 60)
        await ended(one.db)
        done = [event for each in seen for event, _ in each.events]
        assert sorted(cast(Due, event).note for event in done) == [*range(60)]


async def test_O16_no_more_are_taken_than_are_begun(nats_server: str, url: str) -> None:
    """The others are left to other hosts; when one ends the next is taken."""
    async with storing(nats_server, url) as (one, store):
        gate, running = asyncio.Event(), [0]

        async def handle(event: Due, id: str) -> None:
            running[0] += 1
            await gate.wait()

        one.host.on(Due, handle)
        await store(*(Due(id) for id in range(claimer_module.MOST + 5)))
        await until(lambda: running[0] == claimer_module.MOST)
        assert (await one.db.outbox().counts())[1:3] == (5, claimer_module.MOST)
        gate.set()
        await ended(one.db)
        assert running[0] == claimer_module.MOST + 5


# -- failures --


@pytest.fixture
def no_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """What failed is tried again soon."""
    monkeypatch.setattr(claimer_module, "FIRST_WAIT", 0.001)


@pytest.mark.usefixtures("no_wait")
async def test_O16_what_failed_is_tried_again(nats_server: str, url: str) -> None:
    """With the same id; one try succeeded, and that is the last."""
    async with storing(nats_server, url) as (one, store):
        seen = Seen(failures=3)
        one.host.on(Due, seen)
        await store(Due(1), id="a")
        await ended(one.db)
        assert seen.events == [(Due(1), "a")] * 4
        row = (await stored(one.db))["a"]
        assert (row.tries, row.error, one.log.dead) == (4, None, 0)


async def test_O16_tries_are_later_and_later(nats_server: str, url: str) -> None:
    """Five of them within some six minutes."""
    async with storing(nats_server, url) as (one, store):
        seen = Seen(failures=9)
        one.host.on(Due, seen)
        await store(Due(1), id="a")
        waits = []
        for tries in range(1, 5):
            async with asyncio.timeout(10):
                row = (await stored(one.db))["a"]
                while row.tries < tries or row.claimant is not None:
                    await asyncio.sleep(0.005)
                    row = (await stored(one.db))["a"]
            waits.append(round(row.due - await clock(one.db)))
            await make_due(one.db)
            cast(Any, one.open_log)._claimers[0].poke()
        assert waits == [4, 16, 64, 256]
        await ended(one.db, "dead")


@pytest.mark.usefixtures("no_wait")
async def test_O16_what_fails_again_and_again_is_kept_as_dead(
    nats_server: str, url: str, caplog: pytest.LogCaptureFixture
) -> None:
    """It is counted and told, shows its last error, and is done once it is armed again."""
    async with storing(nats_server, url) as (one, store):
        seen = Seen(failures=3)
        one.host.on(Due, seen, tries=3)
        await store(Due(1), id="a")
        await ended(one.db, "dead")
        await until(lambda: one.log.dead == 1)
        told = [each for each in caplog.records if each.levelno == logging.ERROR]
        assert [each.getMessage() for each in told] == [
            "event Due a was tried 3 times, and is given up: RuntimeError: failure 3"
        ]
        outbox = one.db.outbox()
        (dead,) = await outbox.dead()
        assert (dead.id, dead.type, dead.tries) == ("a", "Due", 3)
        assert (dead.error, (await outbox.counts()).dead) == ("RuntimeError: failure 3", 1)
        assert dead.ended >= dead.added
        assert (await outbox.rearm(["b"]), len(seen.events)) == (0, 3)
        assert await outbox.rearm() == 1
        cast(Any, one.open_log)._claimers[0].poke()
        await ended(one.db)
        assert (len(seen.events), await outbox.dead()) == (4, [])


@pytest.mark.parametrize("error", ["text \0", "long " * 1000], ids=["zero", "long"])
@pytest.mark.usefixtures("no_wait")
async def test_O16_any_error_is_written_down(nats_server: str, url: str, error: str) -> None:
    """Whatever its text is made of."""
    async with storing(nats_server, url) as (one, store):

        async def handle(event: Due, id: str) -> None:
            raise RuntimeError(error)

        one.host.on(Due, handle, tries=1)
        await store(Due(1))
        await ended(one.db, "dead")
        (dead,) = await one.db.outbox().dead()
        assert dead.error.startswith(f"RuntimeError: {error[:4]}")
        assert claimer_module._text(RuntimeError("\ud800")) == "RuntimeError: ?"


@pytest.mark.usefixtures("no_wait")
async def test_O16_a_handler_that_is_cancelled_by_something_else_failed(
    nats_server: str, url: str
) -> None:
    """As with any error."""
    async with storing(nats_server, url) as (one, store):

        async def handle(event: Due, id: str) -> None:
            raise asyncio.CancelledError

        one.host.on(Due, handle, tries=2)
        await store(Due(1))
        await ended(one.db, "dead")


async def test_O16_what_ends_its_process_again_and_again_is_given_up(
    nats_server: str, url: str
) -> None:
    """A claim counts as a try, though nobody came back to say so."""
    async with storing(nats_server, url) as (one, store):
        await store(Due(1))
        async with one.db.begin() as session:
            await session.execute(update(events).values(tries=5, claimant="dead", due=0.0))
        seen = Seen()
        one.host.on(Due, seen)
        await ended(one.db, "dead")
        (dead,) = await one.db.outbox().dead()
        assert "nobody who took it came back" in dead.error
        assert seen.events == []


# -- claims --


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Claims end soon, but not while a busy machine makes them."""
    monkeypatch.setattr(claims_module, "LEASE", 2.0)


async def test_O16_a_claim_is_kept_as_long_as_its_handler_runs(
    nats_server: str, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Much longer than a claim lasts, and no other host takes it."""
    monkeypatch.setattr(claims_module, "LEASE", 2.0)  # a busy machine renews it in time
    async with storing(nats_server, url) as (one, store), asking(nats_server, url) as two:
        gate, begun = asyncio.Event(), [0]

        async def handle(event: Due, id: str) -> None:
            begun[0] += 1
            await gate.wait()

        for each in (one, two):
            each.host.on(Due, handle)
        await store(Due(1), id="a")
        await until(lambda: begun[0])
        end = await clock(one.db) + 5.0
        async with asyncio.timeout(20):
            while await clock(one.db) < end:
                await asyncio.sleep(0.05)
                cast(Any, two.open_log)._claimers[0].poke()
        gate.set()
        await ended(one.db)
        assert (begun[0], (await stored(one.db))["a"].tries) == (1, 1)


@pytest.mark.usefixtures("short")
async def test_O16_who_cannot_keep_its_claim_stops(
    nats_server: str, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before another host takes the event; what it would say of it does not count."""
    async with storing(nats_server, url) as (one, store), asking(nats_server, url) as two:
        log: list[str] = []

        async def stuck(event: Due, id: str) -> None:
            log.append("one begins")
            try:
                await asyncio.Event().wait()
            finally:
                log.append("one ends")

        async def handle(event: Due, id: str) -> None:
            log.append("two begins")

        async def cut_off(_: Claims) -> None:
            raise OSError("no database")

        monkeypatch.setattr(Claims, "renew", cut_off)
        one.host.on(Due, stuck)
        await store(Due(1), id="a")
        await until(lambda: log)
        monkeypatch.setattr(claims_module, "LEASE", 60.0)  # of whoever takes it next
        cast(Any, one.open_log)._claimers[0]._taking.cancel()
        two.host.on(Due, handle)
        await ended(two.db)
        assert log == ["one begins", "one ends", "two begins"]
        assert (await stored(one.db))["a"].tries == 2


@pytest.mark.usefixtures("short")
async def test_O16_who_learns_that_its_claim_is_lost_stops(nats_server: str, url: str) -> None:
    """Though its own clock says that it lasts yet."""
    async with storing(nats_server, url) as (one, store):
        begun, stopped = asyncio.Event(), asyncio.Event()

        async def stuck(event: Due, id: str) -> None:
            begun.set()
            try:
                await asyncio.Event().wait()
            finally:
                stopped.set()

        one.host.on(Due, stuck)
        await store(Due(1), id="a")
        await begun.wait()
        async with one.db.begin() as session:
            await session.execute(
                update(events).values(claimant="another", tries=2, due=events.c.due + 60)
            )
        async with asyncio.timeout(10):
            await stopped.wait()
        assert (await stored(one.db))["a"].claimant == "another"


async def test_O16_what_is_said_of_a_claim_that_was_lost_does_not_count(url: str) -> None:
    """A process that was stopped for long: others have the event, or have done it."""
    async with Database(url) as db:
        shard = db._at("")
        late, other = Claims(shard, "late"), Claims(shard, "other")
        async with shard.writes.begin() as connection:
            row = {"id": "a", "type": "Due", "value": b"", "state": "open", "tries": 0}
            await connection.execute(events.insert().values(**row, due=0.0, added=0.0))
        (first,) = await late.take(["Due"], 9)
        assert await other.take(["Due"], 9) == []
        assert await late.renew() == {("a", 1)}
        await make_overdue(db)
        assert await late.renew() == set()
        (second,) = await other.take(["Due"], 9)
        assert (first.tries, second.tries) == (1, 2)
        assert not await late.done(first)
        assert not await late.later(first, 0.0, "", counts=True)
        assert not await late.dead(first, "")
        assert await late.renew() == set()
        await make_overdue(db)
        (third,) = await late.take(["Due"], 9)  # it has the event again, by another claim
        assert not await late.done(first)
        assert not await other.done(second)
        assert await late.done(third)
        assert (await stored(db))["a"].state == "done"


async def make_overdue(db: Database) -> None:
    """All claims have ended."""
    async with db.begin() as session:
        await session.execute(update(events).values(due=0.0))


async def test_O16_a_host_that_leaves_lets_them_end(
    nats_server: str, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For a while; those that do not end are given back at once, and that was no try."""
    monkeypatch.setattr(claimer_module, "GRACE", 0.3)
    begun: list[int] = []

    async def handle(event: Due, id: str) -> None:
        begun.append(event.note)
        await asyncio.sleep(0.05 if event.note == 1 else 60)

    async with storing(nats_server, url) as (one, store):
        one.host.on(Due, handle)
        await store(Due(1), Due(2))
        await until(lambda: len(begun) == 2)
    async with Database(url) as db:
        rows = (await stored(db)).values()
        assert sorted((row.state, row.tries) for row in rows) == [("done", 1), ("open", 0)]
        assert all(row.claimant is None for row in rows)


# -- commands --


@pytest.mark.parametrize("how", ["service", "client", "client's option"])
@pytest.mark.usefixtures("no_wait")
async def test_O13_a_handlers_command_runs_once(nats_server: str, url: str, how: str) -> None:
    """By an id that is made of the event's, though the handler failed after it, and is called
    again: the second call has the first result."""
    async with storing(nats_server, url) as (one, store), Host(nats_server) as client_host:
        client = client_host.client(NotesClient)
        results: list[Note] = []

        async def handle(event: Due, id: str) -> None:
            note = Note(event.note, "me", f"try {len(results)}")
            if how == "client's option":
                results.append(await client.with_options(operation=f"{id}/put").put(note))
            else:
                with operation.once(f"{id}/put"):
                    results.append(await (one.notes if how == "service" else client).put(note))
            if len(results) < 3:
                raise RuntimeError("after the command")

        one.host.on(Due, handle)
        await store(Due(5), id="a")
        cast(Asking, one.notes).ask = lambda note: operation.event(Other(note.id))
        await until(lambda: len(results) == 3)
        assert results == [Note(5, "me", "try 0")] * 3
        await until(lambda: one.log.stored == 2)
        assert sum(row.type == "other.type" for row in (await stored(one.db)).values()) == 1


async def test_O13_only_the_command_itself_has_the_id(nats_server: str, url: str) -> None:
    """Not those that its body calls over a client, that are done after it, or that come later."""
    ids: list[str] = []

    async with asking(nats_server, url) as one, Host(nats_server) as client_host:
        notes, client = cast(Asking, one.notes), client_host.client(NotesClient)

        async def ask(note: Note) -> None:
            ids.append(operation.id)
            if note.id == 1:
                operation.after_commit(lambda: notes.put(Note(3, "", "")))
                await notes.put(Note(2, "", ""))

        notes.ask = ask
        with operation.once("mine"):
            await notes.put(Note(1, "", ""))
        await client.put(Note(4, "", ""))
        assert ids[:2] == ["mine", "mine"]  # a part of it
        assert len({*ids}) == 3
