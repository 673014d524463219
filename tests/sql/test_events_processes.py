"""Events outlive the process that does them (O16)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import cast

import pytest

from fusionrt import operation
from fusionrt.sql.outbox import claimer, claims
from tests.e2e.processes import ServiceProcess
from tests.services.contracts import Note
from tests.sql.reminders import Asking, Due, asking, stored
from tests.sql.reminding_app import LEASE
from tests.sql.shelf import Row, ShelfHost


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Claims end soon, and who was killed gives no hint."""
    monkeypatch.setattr(claims, "LEASE", LEASE)
    monkeypatch.setattr(claimer, "POLL", 0.2)


class Reminding:
    """Does what the process did, and lives."""

    def __init__(self, one: ShelfHost) -> None:
        self.one = one
        self.ids: list[str] = []

    async def __call__(self, event: Due, id: str) -> None:
        self.ids.append(id)
        with operation.once(id):
            await self.one.notes.touch(event.note)

    async def text(self) -> str:
        """Of the note, which each reminder makes longer."""
        async with self.one.db.read() as session:
            return (await session.get_one(Row, 1)).text


@asynccontextmanager
async def begun(nats: str, url: str, text: str) -> AsyncIterator[tuple[ShelfHost, ServiceProcess]]:
    """A host, and a process that has begun to do an event."""

    async def ask(note: Note) -> None:
        await operation.event(Due(note.id, text), id="a")

    environment = {"FUSION_TEST_DB": url}
    async with asking(nats, url) as one:
        process = ServiceProcess("tests.sql.reminding_app:app", nats, environment=environment)
        async with process:
            await cast(Asking, one.notes).put_with(ask)
            await process.says("handling")
            yield one, process


async def done(one: ShelfHost) -> int:
    """How often it was tried, when it is done."""
    async with asyncio.timeout(30):
        while (row := (await stored(one.db))["a"]).state != "done":  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    return int(row.tries)


async def test_O16_who_was_killed_between_its_handler_and_the_mark_is_followed_by_another(
    nats_server: str, url: str
) -> None:
    """That does the event again; the command of both ran once (O13)."""
    async with begun(nats_server, url, "kill") as (one, process):
        assert await process.ended() == -9
        remind = Reminding(one)
        assert await remind.text() == "a!"
        one.host.on(Due, remind)
        assert await done(one) == 2
        assert (remind.ids, await remind.text()) == (["a"], "a!")


async def test_O16_who_was_killed_while_its_handler_ran_is_followed_by_another(
    nats_server: str, url: str
) -> None:
    """When its claim has ended, and not before."""
    async with begun(nats_server, url, "wait") as (one, process):
        remind = Reminding(one)
        one.host.on(Due, remind)
        assert (await stored(one.db))["a"].claimant != one.host.iid
        await process.kill()
        assert await done(one) == 2
        assert (remind.ids, await remind.text()) == (["a"], "a!")


async def test_O16_who_was_frozen_finds_that_its_claim_is_lost(nats_server: str, url: str) -> None:
    """It stops what it did, and says nothing of the event that another has done."""
    async with begun(nats_server, url, "wait") as (one, process):
        process.freeze()
        remind = Reminding(one)
        one.host.on(Due, remind)
        assert await done(one) == 2
        process.thaw()
        await process.says("stopped")
        row = (await stored(one.db))["a"]
        assert (row.state, row.tries, row.error) == ("done", 2, None)
        assert await remind.text() == "a!"
