"""`KeyValueStoreInSql`: entries in a table of a `Database`. Needs the extra `sql`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, Final, TypeVar

from ..errors import MissingPackage

try:
    import sqlalchemy  # noqa: F401
except ImportError:
    raise MissingPackage("fusionrt.ext.sql", "fusiongen[sql]") from None

from sqlalchemy import (
    Column,
    ColumnElement,
    Delete,
    Float,
    MetaData,
    Select,
    Table,
    Text,
    delete,
    func,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite

from ..sql import Database
from .keys import Range
from .store import Seconds, Store

__all__ = ["KeyValueStoreInSql"]

_T = TypeVar("_T", bound=tuple[Any, ...])

TRIMMED: Final = 10
"""Entries whose time is over, which a write deletes that brings one with a time."""

_metadata: Final = MetaData()
_entries: Final = Table(
    "fusion_entries",
    _metadata,
    # In the order of code points, whatever the database's own is.
    Column(
        "key", Text().with_variant(postgresql.TEXT(collation="C"), "postgresql"), primary_key=True
    ),
    Column("value", Text, nullable=False),
    Column("ends", Float, index=True, comment="seconds since 1970, by the database"),
)
_INSERTS: Final[Mapping[str, Callable[[Table], postgresql.Insert | sqlite.Insert]]] = {
    "postgresql": postgresql.insert,
    "sqlite": sqlite.insert,
}


class KeyValueStoreInSql(Store):
    """Any number of hosts that share the database, and its log, may serve it.

        await db.create_all(KeyValueStoreInSql.metadata)

    shard: where its table is, of a database that has several.
    """

    metadata: ClassVar[MetaData] = _metadata

    def __init__(self, db: Database, shard: str = "") -> None:
        self._db: Final = db
        self._shard: Final = shard
        self._now: Final = db.moment(shard)

    async def _entry(self, key: str) -> tuple[str, Seconds] | None:
        query = self._there(select(_entries.c.value, self._left)).where(_entries.c.key == key)
        async with self._db.read(self._shard) as session:
            found = (await session.execute(query)).one_or_none()
        return None if found is None else (found[0], found[1])

    async def _keys(self, range: Range, limit: int) -> Sequence[tuple[str, Seconds]]:
        query = self._there(select(_entries.c.key, self._left)).where(*_within(range))
        async with self._db.read(self._shard) as session:
            found = await session.execute(query.order_by(_entries.c.key).limit(limit))
            return [(key, left) for key, left in found]

    async def _count(self, range: Range) -> tuple[int, Seconds]:
        first = func.min(_entries.c.ends) - self._now
        query = self._there(select(func.count(), first).select_from(_entries))
        async with self._db.read(self._shard) as session:
            count, left = (await session.execute(query.where(*_within(range)))).one()
        return count, left

    async def _set(self, key: str, value: str, expires_in: Seconds) -> None:
        async with self._db.begin(self._shard) as session:
            ends = None
            if expires_in is not None:
                ends = self._now + expires_in
                await session.execute(self._trimming())
            row = {"value": value, "ends": ends}
            insert = _INSERTS[session.get_bind().dialect.name](_entries).values(key=key, **row)
            await session.execute(insert.on_conflict_do_update(index_elements=["key"], set_=row))

    async def _remove(self, key: str) -> None:
        async with self._db.begin(self._shard) as session:
            await session.execute(delete(_entries).where(_entries.c.key == key))

    @property
    def _left(self) -> ColumnElement[float]:
        return _entries.c.ends - self._now

    def _there(self, query: Select[_T]) -> Select[_T]:
        """Without what is over."""
        return query.where(_entries.c.ends.is_(None) | (_entries.c.ends > self._now))

    def _trimming(self) -> Delete:
        """Whoever writes leaves less than there was; what others write, or trim, is theirs."""
        over = select(_entries.c.key).where(_entries.c.ends <= self._now)
        over = over.order_by(_entries.c.ends).limit(TRIMMED).with_for_update(skip_locked=True)
        return delete(_entries).where(_entries.c.key.in_(over))


def _within(range: Range) -> list[ColumnElement[bool]]:
    found = [_entries.c.key > range.first]
    if range.last is not None:
        found.append(_entries.c.key < range.last)
    return found
