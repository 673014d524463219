"""`Store`: reads, and writes that run once for each operation id."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import Any

from sqlalchemy import Integer, cast, event, func, select
from sqlalchemy.engine import Connection, make_url
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.orm import Mapped, mapped_column

from todo.records import Item, Summary, UnknownItem
from todo.tables import Base, Row

ATTEMPTS = 5


class Operation(Base):
    """A write that was made, and what it returned."""

    __tablename__ = "todo_operations"

    id: Mapped[str] = mapped_column(primary_key=True)
    result: Mapped[str]


class Store:
    """Of one server."""

    def __init__(self, url: str) -> None:
        self._reads = create_async_engine(url)
        self._writes = create_async_engine(url)
        if make_url(url).get_backend_name() == "sqlite":
            _one_writer(self._writes)

    async def open(self) -> None:
        async with self._writes.begin() as connection:
            await connection.run_sync(Base.metadata.create_all)

    async def close(self) -> None:
        await self._reads.dispose()
        await self._writes.dispose()

    async def folders(self) -> list[str]:
        async with AsyncSession(self._reads) as session:
            return [*await session.scalars(select(Row.folder).distinct().order_by(Row.folder))]

    async def items(self, folder: str) -> list[int]:
        async with AsyncSession(self._reads) as session:
            ids = select(Row.id).where(Row.folder == folder).order_by(Row.id)
            return [*await session.scalars(ids)]

    async def get(self, id: int) -> Item | None:
        async with AsyncSession(self._reads) as session:
            row = await session.get(Row, id)
            return None if row is None else row.item()

    async def summary(self, folder: str | None = None) -> Summary:
        """Of one folder, or of all."""
        counts = select(func.count(), func.coalesce(func.sum(cast(Row.done, Integer)), 0))
        if folder is not None:
            counts = counts.where(Row.folder == folder)
        async with AsyncSession(self._reads) as session:
            items, done = (await session.execute(counts)).one()
            return Summary(items, done)

    async def add(self, operation: str, folder: str, title: str) -> Item:
        async def write(session: AsyncSession) -> Item:
            row = Row(folder=folder, title=title)
            session.add(row)
            await session.flush()
            return row.item()

        return await self._once(operation, write)

    async def tick(self, operation: str, id: int, done: bool) -> Item:
        async def write(session: AsyncSession) -> Item:
            row = await _known(session, id)
            row.done = done
            return row.item()

        return await self._once(operation, write)

    async def remove(self, operation: str, id: int) -> Item:
        async def write(session: AsyncSession) -> Item:
            row = await _known(session, id)
            await session.delete(row)
            return row.item()

        return await self._once(operation, write)

    async def _once(self, id: str, write: Callable[[AsyncSession], Awaitable[Item]]) -> Item:
        """Write, and what was returned, in one transaction; or what the first one returned."""
        for attempt in range(ATTEMPTS):
            try:
                async with AsyncSession(self._writes) as session, session.begin():
                    first = await session.get(Operation, id)
                    if first is not None:
                        return Item(**json.loads(first.result))
                    item = await write(session)
                    session.add(Operation(id=id, result=json.dumps(asdict(item))))
                return item
            except DBAPIError as error:
                if attempt == ATTEMPTS - 1 or not _may_work(error):
                    raise
                await asyncio.sleep(0.05 * 2**attempt)
        raise AssertionError


async def _known(session: AsyncSession, id: int) -> Row:
    row = await session.get(Row, id, with_for_update=True)
    if row is None:
        raise UnknownItem(id)
    return row


def _may_work(error: DBAPIError) -> bool:
    """The same operation at once on two servers, a deadlock, a locked database."""
    code = getattr(error.orig, "sqlstate", None)
    return (
        isinstance(error, IntegrityError)
        or code in {"40001", "40P01"}
        or "database is locked" in str(error.orig)
    )


def _one_writer(engine: AsyncEngine) -> None:
    """SQLite: take the lock when a transaction begins, and let others read meanwhile."""

    def connected(connection: Any, _: object) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode = WAL")
        cursor.close()

    def begins(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    event.listen(engine.sync_engine, "connect", connected)
    event.listen(engine.sync_engine, "begin", begins)
