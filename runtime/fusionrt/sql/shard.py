"""`Shard`: one database of a `Database`, which often has no other."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from sqlalchemy import MetaData, select
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from ..errors import FrameworkError, MissingTables, OldTables
from ..operations import StoredOperation
from ..operations.stored import decoded_keys
from ..primitives import new_id
from .flavour import Flavour
from .postgres import Postgres
from .sqlite import Sqlite
from .tables import VERSION, logs, metadata, operations

__all__ = ["Shard"]

_FLAVOURS: Final[Mapping[str, Callable[[bool], Flavour]]] = {
    "postgresql+asyncpg": Postgres,
    "sqlite+aiosqlite": Sqlite,
}


class Shard:
    """name: empty for the only one. writes, reads: engines; the second one can only read."""

    def __init__(
        self, name: str, url: URL, options: Mapping[str, Any], *, notify: bool = False
    ) -> None:
        if url.drivername not in _FLAVOURS:
            raise FrameworkError(
                f"{url.drivername} is not among the databases that fusionrt.sql knows: "
                f"{', '.join(_FLAVOURS)}"
            )
        self.name: Final = name
        self.flavour: Final = _FLAVOURS[url.drivername](notify)
        self.writes, self.reads = self.flavour.engines(url, options)

    def reading(self) -> AsyncSession:
        """A session that only reads."""
        return AsyncSession(self.reads, expire_on_commit=False)

    async def create_all(self, *more: MetaData) -> None:
        """Make the tables that are not there: ours, and those of others."""
        async with self.writes.begin() as connection:
            for each in (metadata, *more):
                await connection.run_sync(each.create_all)

    async def log_id(self) -> str:
        """Of the log in this database, by whatever address it was found.

        Raises:
            MissingTables: there is none.
            OldTables: it is of an earlier version.
        """
        try:
            async with self.writes.begin() as connection:
                first = self.flavour.insert(logs).values(one=1, id=new_id())
                await connection.execute(first)
                log = (await connection.execute(select(logs.c.id, logs.c.version))).one()
        except DBAPIError as error:
            async with self.reads.connect() as connection:
                if await connection.run_sync(lambda each: each.dialect.has_table(each, logs.name)):
                    raise
            raise MissingTables(logs.name) from error
        if log.version < VERSION:
            raise OldTables(log.version, VERSION)
        id: str = log.id
        return id

    async def operation(self, id: str) -> StoredOperation | None:
        """The stored operation of this id (O13)."""
        async with self.reads.connect() as connection:
            return await self.operation_by(connection, id)

    async def operation_by(self, connection: AsyncConnection, id: str) -> StoredOperation | None:
        """The same, by a connection that there is."""
        found = await connection.execute(select(operations).where(operations.c.id == id))
        row = found.one_or_none()
        if row is None:
            return None
        return StoredOperation(row.id, row.iid, row.command, decoded_keys(row.keys), row.result)

    async def close(self) -> None:
        """Close all connections."""
        await self.writes.dispose()
        await self.reads.dispose()
