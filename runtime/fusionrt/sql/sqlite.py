"""SQLite, by aiosqlite: one writer at a time, so that the numbers of rows are in the order of
commits, and a position is such a number (O6). WAL lets others read meanwhile.
"""

from __future__ import annotations

import sqlite3
import weakref
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Float,
    Insert,
    Table,
    Text,
    cast,
    event,
    false,
    func,
    literal_column,
    select,
    text,
)
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.engine import URL, Connection
from sqlalchemy.exc import DBAPIError, StatementError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from ..errors import FrameworkError
from ..operations import Fate
from .flavour import Receipt
from .tables import operations

__all__ = ["Sqlite"]

BUSY_TIMEOUT: Final = 5.0
"""Seconds that one process waits for another's transaction."""

_NEWEST = "COALESCE((SELECT seq FROM sqlite_sequence WHERE name = 'fusion_operations'), 0)"


class _Connection(sqlite3.Connection):
    """One whose cursors end with its transaction.

    A cursor that was left amid its rows, by who streamed and had enough, keeps the view that the
    connection had, over ROLLBACK and BEGIN: whoever has the connection next would read what was
    there before, and that would count as fresh. And it keeps a connection that is closed: SQLite
    lets its transaction, and the only lock to write, go with the last cursor that anybody holds.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._cursors: Final[weakref.WeakSet[sqlite3.Cursor]] = weakref.WeakSet()

    def cursor(self, *arguments: Any, **options: Any) -> Any:
        cursor = super().cursor(*arguments, **options)
        self._cursors.add(cursor)
        return cursor

    def rollback(self) -> None:
        """Each session ends with it, whether it wrote or not."""
        self._end_cursors()
        super().rollback()

    def close(self) -> None:
        """Of a session that was cancelled amid a statement it is all that is called."""
        self._end_cursors()
        super().close()

    def _end_cursors(self) -> None:
        for cursor in [*self._cursors]:
            cursor.close()


class Sqlite:
    """See `Flavour`."""

    notifies: Final = False

    def __init__(self, notify: bool) -> None:
        """notify: it cannot; what is only a hint may be missing."""

    moment: Final = cast(literal_column("(julianday('now') - 2440587.5) * 86400.0"), Float)
    position: Final[ColumnElement[str]] = cast(literal_column(_NEWEST), Text)

    def engines(self, url: URL, options: Mapping[str, Any]) -> tuple[AsyncEngine, AsyncEngine]:
        if not url.database or ":memory:" in url.database:
            raise FrameworkError(
                f"{url} is a database in memory, which only one connection sees: name a file, "
                "such as sqlite+aiosqlite:///todo.db"
            )
        # In this process writers wait for the connection, in order; SQLite lets them race.
        writing = {**options, "pool_size": 1, "max_overflow": 0}
        return (
            _engine(url, writing, "BEGIN IMMEDIATE", "PRAGMA journal_mode = WAL"),
            _engine(url, options, "BEGIN", "PRAGMA query_only = ON"),
        )

    def after(self, position: str) -> ColumnElement[bool]:
        return operations.c.seq > int(position)

    def before(self, positions: list[str]) -> ColumnElement[bool]:
        return operations.c.seq <= min(map(int, positions)) if positions else false()

    def follows(self, position: str, last: str) -> bool:
        return int(position) >= int(last)

    def insert(self, table: Table) -> Insert:
        return insert(table).on_conflict_do_nothing()

    async def store(self, connection: AsyncConnection, row: dict[str, Any]) -> Receipt | None:
        added = self.insert(operations).values(row | {"at": self.moment})
        seq = await connection.scalar(added.returning(operations.c.seq))
        return None if seq is None else (seq,)

    async def receipt(self, connection: AsyncConnection) -> Receipt:
        return ()

    async def fate(self, connection: AsyncConnection, id: str, receipt: Receipt) -> Fate:
        stored = select(func.count()).where(operations.c.id == id)
        return Fate.COMMITTED if await connection.scalar(stored) else Fate.ROLLED_BACK

    def in_transaction(self, driver: Any) -> bool:
        return bool(driver.in_transaction)

    @asynccontextmanager
    async def reading(self, connection: AsyncConnection) -> AsyncIterator[None]:
        await connection.execute(text("PRAGMA query_only = ON"))
        try:
            yield
        finally:
            await connection.execute(text("PRAGMA query_only = OFF"))

    async def stored(self, engine: AsyncEngine) -> AsyncGenerator[str, None]:
        raise NotImplementedError
        yield

    def refuses(self, error: BaseException) -> bool:
        if isinstance(error, DBAPIError):
            return isinstance(error.orig, (sqlite3.InterfaceError, sqlite3.ProgrammingError))
        return isinstance(error, (StatementError, ValueError, TypeError, OverflowError))

    def conflicts(self, error: BaseException) -> bool:
        cause = error.orig if isinstance(error, DBAPIError) else None
        code = getattr(cause, "sqlite_errorcode", None) or 0
        return code & 0xFF in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}


def _engine(url: URL, options: Mapping[str, Any], begin: str, *pragmas: str) -> AsyncEngine:
    """begin: how transactions begin; sqlite3 itself would begin them with the first write."""
    options = {
        **options,
        "connect_args": {"factory": _Connection, **options.get("connect_args", {})},
    }
    engine = create_async_engine(url, **options)

    def connected(connection: Any, _: object) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in (f"PRAGMA busy_timeout = {BUSY_TIMEOUT * 1000:.0f}", *pragmas):
            cursor.execute(pragma)
        cursor.close()

    def begins(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    event.listen(engine.sync_engine, "connect", connected)
    event.listen(engine.sync_engine, "begin", begins)
    return engine
