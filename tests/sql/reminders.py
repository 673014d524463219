"""A command that stores events as a test says, and a view of what is stored."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select, update

from fusionrt.sql import Database
from fusionrt.sql.tables import events
from tests.services.contracts import Note
from tests.sql.shelf import Row, Shelf, ShelfHost, serving

__all__ = ["Asking", "Due", "Other", "asking", "clock", "make_due", "stored"]


@dataclass(frozen=True)
class Due:
    """Somebody is to be reminded of a note."""

    note: int
    text: str = ""


@dataclass(frozen=True)
class Other:
    """Of another type."""

    __event__ = "other.type"

    note: int


async def _nothing(_: Note) -> None:
    """Store no event."""


@dataclass
class Asking(Shelf):
    """Its `put` writes a note, and then does what it was told."""

    ask: Callable[[Note], Awaitable[object]] = field(default=_nothing, kw_only=True)

    async def put(self, note: Note) -> Note:
        async with self.db.begin() as session:
            await session.merge(Row(id=note.id, owner=note.owner, text=note.text, version=1))
        await self.ask(note)
        return note

    async def put_with(self, ask: Callable[[Note], Awaitable[object]], id: int = 1) -> Note:
        """Run it with this."""
        self.ask = ask
        return await self.put(Note(id, "me", "a"))


def asking(nats: str, url: str) -> AbstractAsyncContextManager[ShelfHost]:
    """A host with such a service."""
    return serving(nats, url, Asking)


async def stored(db: Database) -> dict[str, Any]:
    """The events that are committed, by id."""
    async with db.read() as session:
        return {row.id: row for row in await session.execute(select(events))}


async def clock(db: Database) -> float:
    """The database's."""
    async with db.read() as session:
        return float((await session.execute(select(db._at("").flavour.moment))).scalar_one())


async def make_due(db: Database) -> None:
    """What waits for its time waits no more."""
    async with db.begin() as session:
        await session.execute(update(events).values(due=0.0).where(events.c.claimant.is_(None)))
