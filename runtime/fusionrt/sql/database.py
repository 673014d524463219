"""`Database`: sessions of SQLAlchemy, and an operation log in the same transactions."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, Final, TypeVar

from sqlalchemy import ColumnElement, MetaData
from sqlalchemy.engine import URL, make_url
from sqlalchemy.ext.asyncio import AsyncSession

from ..errors import ArgumentError, LogMissing, UnknownShard
from ..operations import CommandScope, OperationLog
from ..options import seconds
from .history import History
from .loading import Loader, Loads, Source
from .log import SqlLog
from .outbox import Outbox
from .shard import Shard
from .transaction import Transaction

__all__ = ["Database"]

_E = TypeVar("_E")


class Database:
    """A database that a service keeps its state in: PostgreSQL, or a file of SQLite.

        db = Database("postgresql+asyncpg://…")               # or "sqlite+aiosqlite:///todo.db"
        async with Host(url, log=db.log()) as host:
            await host.serve(TodosInSql(db))

    url: of SQLAlchemy. Several by name are the shards of one database, each with the same tables:
        which one is meant each session says, `db.read(tenant)`.
    retention: seconds that operations are kept: a host that was stopped for longer drops all that
        it had cached (O9), and for so long a command that is sent again has its first result (O13).
    notify: let PostgreSQL itself tell other hosts that there is something to read, by NOTIFY in the
        transaction; for hosts that share no broker. SQLite has nothing like that, and they poll.
    options: of `create_async_engine`, for each engine; such as `pool_size=20`.

    It belongs to one event loop. Close it, or use it in an `async with` block, around its hosts.

    Raises:
        FrameworkError: it is no database that is known here.
        ArgumentError: there is no URL, or the time is none.
    """

    def __init__(
        self,
        url: str | URL | Mapping[str, str | URL],
        *,
        retention: float = 1800.0,
        notify: bool = False,
        **options: Any,
    ) -> None:
        urls = url if isinstance(url, Mapping) else {"": url}
        self._shards: Final = {
            name: Shard(name, make_url(each), options, notify=notify) for name, each in urls.items()
        }
        if not self._shards:
            raise ArgumentError("Database", "url: expected one, or one for each shard by its name")
        self._retention = seconds("Database", "retention", retention)
        self._loads: Final = Loads()

    @property
    def shards(self) -> tuple[str, ...]:
        """Their names; of a database that has only one it is empty."""
        return tuple(self._shards)

    @asynccontextmanager
    async def read(self, shard: str = "") -> AsyncIterator[AsyncSession]:
        """A session that only reads: the database itself refuses writes.

        In a command that has begun to write here, it sees what that wrote.

        Raises:
            UnknownShard: there is no such shard.
        """
        async with self._source(self._at(shard)).session() as session:
            yield session

    def loader(self, model: type[_E], shard: str = "") -> Loader[_E]:
        """Entities by their ids: `await db.loader(Todo).load(id)`. All that are asked for in one
        turn of the loop come by one query, in a session that only reads, as by `read()`.

        model: a class that is mapped to a table with one column as its primary key.

        Raises:
            FrameworkError: it is no such class.
            UnknownShard: there is no such shard.
        """
        return Loader(self._loads, model, partial(self._source, self._at(shard)))

    @asynccontextmanager
    async def begin(self, shard: str = "") -> AsyncIterator[AsyncSession]:
        """A session in a transaction; its block is all or nothing.

        In a command it joins the transaction of the operation, which commits, together with what
        the command invalidates, when the outermost command has succeeded, and only then (O1). The
        whole command may run again, if others were in the way: a deadlock, a serialization failure,
        a locked database, a version that has changed. Outside of one it commits when the block is
        left.

        Raises:
            UnknownShard: there is no such shard; or the operation has begun on another one.
            LogMissing: the host of the command has another log, or none.
        """
        at = self._at(shard)
        command = CommandScope.current()
        if command is None:
            async with (
                AsyncSession(at.writes, expire_on_commit=False) as session,
                session.begin(),
            ):
                yield session
            return
        transaction = self._transaction()
        if transaction is None:
            raise LogMissing(command.operation.command)
        async with transaction.block(at) as session:
            yield session

    def moment(self, shard: str = "") -> ColumnElement[float]:
        """The database's clock in a query, in seconds since 1970: one clock for all hosts.

        Raises:
            UnknownShard: there is no such shard.
        """
        return self._at(shard).flavour.moment

    def log(self) -> OperationLog:
        """The operation log in this database, for `Host(log=…)`."""
        return SqlLog(tuple(self._shards.values()), self._retention)

    def outbox(self, shard: str = "") -> Outbox:
        """What there is of events that commands stored, and a way to let dead ones be tried anew.

        Raises:
            UnknownShard: there is no such shard.
        """
        return Outbox(self._at(shard))

    def history(self, shard: str = "") -> History:
        """What is in the operation log, and how far each host has read it; for people.

        Raises:
            UnknownShard: there is no such shard.
        """
        return History(self._at(shard))

    async def create_all(self, *more: MetaData) -> None:
        """Make the tables that are not there yet, for a quick start: those of the log, and those
        of others, such as `Base.metadata`. With Alembic, `fusiongen migrations` brings ours.
        """
        for shard in self._shards.values():
            await shard.create_all(*more)

    async def close(self) -> None:
        """Close all connections, once loaders have read what they were asked for."""
        await self._loads.close()
        for shard in self._shards.values():
            await shard.close()

    async def __aenter__(self) -> Database:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    def _at(self, shard: str) -> Shard:
        at = self._shards.get(shard)
        if at is None:
            raise UnknownShard(shard, self.shards)
        return at

    def _source(self, at: Shard) -> Source:
        """Where the running code reads."""
        transaction = self._transaction()
        if transaction is not None and transaction.has_begun(at):
            return Source(at, transaction.place, transaction.reading)
        return Source(at, None, at.reading)

    def _transaction(self) -> Transaction | None:
        """Of the operation that the running code belongs to, if it is one of this database."""
        command = CommandScope.current()
        transaction = None if command is None else command.operation.transaction
        if isinstance(transaction, Transaction) and transaction.is_of(self._shards.values()):
            return transaction
        return None
