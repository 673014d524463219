"""`History`: what people see of the log in a database, and of who reads it."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, func, inspect, select, true

from ..errors import MissingTables
from ..operations import StoredKey
from ..operations.stored import decoded_keys
from .shard import Shard
from .tables import operations, readers

__all__ = ["History", "LogEntry", "LogReader"]


class LogEntry(NamedTuple):
    """An operation that is stored. id, iid, command, keys: as in `StoredOperation`.

    at: seconds since 1970, by the database's clock. keys: None if a version wrote them that is not
        known here.
    """

    id: str
    iid: str
    command: str
    at: float
    keys: tuple[StoredKey, ...] | None


class LogReader(NamedTuple):
    """A host that reads the log.

    process: its machine and process id. lag: seconds since it last wrote down how far it is, which
    it does every five seconds. unread: operations of others that were stored since.
    """

    iid: str
    process: str
    lag: float
    unread: int


class History:
    """The log of one shard of a database; see `Database.history`."""

    def __init__(self, shard: Shard) -> None:
        self._shard: Final = shard
        self._position = ""

    async def readers(self) -> list[LogReader]:
        """Who reads it, the latest first.

        Raises:
            MissingTables: there is no log in this database.
        """
        await self._check()
        lag = self._shard.flavour.moment - readers.c.seen
        rows = select(readers.c.iid, readers.c.process, readers.c.position, lag.label("lag"))
        async with self._shard.reads.connect() as connection:
            found = (await connection.execute(rows.order_by(readers.c.seen))).all()
            return [
                LogReader(
                    *(row.iid, row.process, max(row.lag, 0.0)),
                    await connection.scalar(self._unread(row.iid, row.position)) or 0,
                )
                for row in found
            ]

    def _unread(self, iid: str, position: str) -> Any:
        new = self._shard.flavour.after(position)
        return select(func.count()).where(new, operations.c.iid != iid)

    async def last(self, count: int) -> list[LogEntry]:
        """The newest operations, the oldest of them first.

        Raises:
            MissingTables: there is no log in this database.
        """
        await self._check()
        return await self._entries(true(), count)

    async def new(self) -> list[LogEntry]:
        """What was stored since the last call of this or of `last`."""
        return await self._entries(self._shard.flavour.after(self._position), None)

    async def _entries(self, which: ColumnElement[bool], count: int | None) -> list[LogEntry]:
        """By one statement, and so one view of the database, with how far that is."""
        view = select(self._shard.flavour.position.label("now")).subquery()
        row = operations.c
        columns = (row.seq, row.id, row.iid, row.command, row.at, row["keys"])
        rows = select(*columns).where(which).order_by(row.seq.desc()).limit(count).subquery()
        query = select(view.c.now, rows).select_from(view.outerjoin(rows, true()))
        async with self._shard.reads.connect() as connection:
            found = (await connection.execute(query.order_by(rows.c.seq))).all()
        self._position = found[0].now
        return [
            LogEntry(each.id, each.iid, each.command, each.at, _keys(each.keys))
            for each in found
            if each.id is not None
        ]

    async def _check(self) -> None:
        async with self._shard.reads.connect() as connection:
            names = await connection.run_sync(lambda each: inspect(each).get_table_names())
        for table in (operations, readers):
            if table.name not in names:
                raise MissingTables(table.name)


def _keys(data: bytes) -> tuple[StoredKey, ...] | None:
    try:
        return decoded_keys(data)
    except ValueError:
        return None
