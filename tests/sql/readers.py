"""A reader alone: what it tells its host, and other transactions beside it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import update
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncConnection

from fusionrt.operations import StoredKey, StoredOperation
from fusionrt.operations.stored import encoded_keys
from fusionrt.sql.reader import Reader
from fusionrt.sql.shard import Shard
from fusionrt.sql.tables import operations, readers

__all__ = ["Told", "age", "forget_seen", "reading", "shard_at", "store"]

RETENTION = 1800.0


@dataclass
class Told:
    """A host, as its reader sees it.

    events: ids of what was applied, and `lost`.
    """

    iid: str
    transport: Any = None
    subjects: Any = None
    events: list[str] = field(default_factory=list)

    def needs(self, iid: str, id: str) -> bool:
        return iid != self.iid

    def apply(self, operation: StoredOperation) -> None:
        self.events.append(operation.id)

    def lost(self, why: str) -> None:
        self.events.append("lost")

    def take(self) -> list[str]:
        """What came since it was asked last."""
        events, self.events = self.events, []
        return events


@asynccontextmanager
async def shard_at(url: str) -> AsyncIterator[Shard]:
    """The database, and at the end no connections."""
    shard = Shard("", make_url(url), {})
    yield shard
    await shard.close()


@asynccontextmanager
async def reading(shard: Shard, iid: str = "reader") -> AsyncIterator[tuple[Reader, Told]]:
    """A reader, and what it tells."""
    told = Told(iid)
    async with Reader(shard, told, RETENTION) as reader:
        yield reader, told


async def store(shard: Shard, connection: AsyncConnection, id: str, iid: str = "writer") -> None:
    """Store an operation, without COMMIT."""
    keys = encoded_keys((StoredKey("notes", "get", (b"\x01",)),))
    row = {"id": id, "iid": iid, "command": "notes.put", "keys": keys, "result": b"\xc0"}
    assert await shard.flavour.store(connection, row) is not None


async def age(shard: Shard, seconds: float) -> None:
    """What is stored was so long ago."""
    async with shard.writes.begin() as connection:
        await connection.execute(update(operations).values(at=operations.c.at - seconds))


async def forget_seen(shard: Shard, iid: str, seconds: float) -> None:
    """A reader was last seen so long ago."""
    async with shard.writes.begin() as connection:
        seen = readers.c.seen - seconds
        await connection.execute(update(readers).where(readers.c.iid == iid).values(seen=seen))
