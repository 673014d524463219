"""The log in a database, shard by shard."""

from __future__ import annotations

from typing import Final

from fusionrt.sql import Database, LogEntry

from .source import Entry, Reader

__all__ = ["InDatabase"]


class InDatabase:
    """See `Source`."""

    def __init__(self, db: Database, shard: str) -> None:
        self.name: Final = shard
        self._history: Final = db.history(shard)
        self._outbox: Final = db.outbox(shard)

    async def readers(self) -> list[Reader]:
        """See `Source`."""
        return [Reader(*each) for each in await self._history.readers()]

    async def last(self, count: int) -> list[Entry]:
        """See `Source`."""
        return [*map(_entry, await self._history.last(count))]

    async def new(self) -> list[Entry]:
        """See `Source`."""
        return [*map(_entry, await self._history.new())]

    async def events(self) -> str:
        """See `Source`."""
        there = await self._outbox.counts()
        return (
            f"{there.waiting} waiting, {there.due} due, {there.claimed} claimed, {there.dead} dead"
        )


def _entry(one: LogEntry) -> Entry:
    return Entry(one.at, one.iid, one.command, one.keys)
