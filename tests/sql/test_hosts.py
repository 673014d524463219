"""A committed change is seen by every host of the database."""

from __future__ import annotations

import asyncio

import pytest

from fusionrt import Host, operation
from fusionrt.operations import Nudges
from fusionrt.sql.transaction import Transaction
from tests.leaving import Slow
from tests.services.contracts import Note
from tests.services.generated.notes import NotesClient
from tests.sql.shelf import Shelf, serving
from tests.waiting import until


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Slow:
    """Transactions are committed slowly."""
    slow = Slow()
    monkeypatch.setattr(Transaction, "commit", slow.slowed(Transaction.commit))
    return slow


@pytest.fixture
def silent(monkeypatch: pytest.MonkeyPatch) -> None:
    """No host nudges another one."""
    monkeypatch.setattr(Nudges, "tell", lambda *_: None)


async def test_O1_what_a_command_wrote_is_seen_by_its_host_and_by_others(
    nats_server: str, url: str
) -> None:
    """Its own when it returns (O2), the others soon after."""
    async with serving(nats_server, url) as first, serving(nats_server, url) as second:
        assert [await each.notes.get(1) for each in (first, second)] == [None, None]
        await first.notes.put(Note(1, "me", "a"))
        assert await first.notes.get(1) == Note(1, "me", "a")
        await until(lambda: second.notes.peek.get(1) is None)
        assert await second.notes.get(1) == Note(1, "me", "a")
        assert (first.log.stored, first.log.applied) == (1, 0)
        assert (second.log.stored, second.log.applied) == (0, 1)


async def test_D15_a_client_reads_what_it_wrote_on_whatever_host(
    nats_server: str, url: str
) -> None:
    """Each host has read the log as far as the command before it answers."""
    async with (
        serving(nats_server, url),
        serving(nats_server, url),
        Host(nats_server) as host,
    ):
        client = host.client(NotesClient)
        for text in "abc":
            await client.put(Note(1, "me", text))
            assert await client.get(1) == Note(1, "me", text)


@pytest.mark.usefixtures("silent")
async def test_O3_a_caller_that_leaves_as_it_commits_skips_nothing(
    nats_server: str, url: str, slow: Slow
) -> None:
    """Its own host reads what it wrote and does what is to be done after it; others hear of it."""
    after: list[int] = []

    class Noting(Shelf):
        async def put(self, note: Note) -> Note:
            async def done() -> None:
                after.append(note.id)

            operation.after_commit(done)
            return await super().put(note)

    async with serving(nats_server, url, Noting) as first, serving(nats_server, url) as second:
        assert [await each.notes.get(1) for each in (first, second)] == [None, None]
        await slow.leave(asyncio.create_task(first.notes.put(Note(1, "me", "a"))))
        assert (await first.notes.get(1), after) == (Note(1, "me", "a"), [1])
        await second.open_log.catch_up()
        assert await second.notes.get(1) == Note(1, "me", "a")


@pytest.mark.usefixtures("silent")
async def test_O20_what_was_given_up_and_may_have_written_elsewhere_is_heard_of(
    nats_server: str, url: str, slow: Slow
) -> None:
    """Also if it is given up again while that is stored."""

    class Elsewhere(Shelf):
        async def get(self, id: int) -> Note | None:
            return self.notes.get(id)

        async def put(self, note: Note) -> Note:
            self.notes[note.id] = note
            await asyncio.Event().wait()
            return note

    async with (
        serving(nats_server, url, Elsewhere) as first,
        serving(nats_server, url, Elsewhere) as second,
    ):
        second.notes.notes = first.notes.notes
        assert await second.notes.get(1) is None
        command = asyncio.create_task(first.notes.put(Note(1, "me", "a")))
        await until(lambda: first.notes.notes)
        command.cancel()
        await slow.leave(command)
        await second.open_log.catch_up()
        assert await second.notes.get(1) == Note(1, "me", "a")
