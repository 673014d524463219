"""The ways to look a user up.

`@compute`: the method of a service, on a host whose operation log is in the database. `session`:
what its body does, called itself. The other two are as fast as SQLAlchemy was made to go here:
`Core`: a query of Core without a transaction, on connections that are kept out of the pool, and
`loader`: all lookups of one turn of the loop by one query. And what Python would make of it at its
best: `dict`, a coroutine that looks into one, which nobody writes to.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import NamedTuple

from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from fusionrt import Host
from fusionrt.sql import Database
from fusionrt.transport.memory import MemoryNetwork

from .contracts import User
from .users import COUNT, Row, UsersInSql, look_up, rename

__all__ = ["COMPUTE", "CORE", "DICT", "LOADER", "SESSION", "WAYS", "Way"]

COMPUTE, SESSION, CORE, LOADER, DICT = "@compute", "session", "Core", "loader", "dict"

CONNECTIONS = 4
"""Of Core: with 1 or 16 many readers are slower, by a little."""

_SELECT = select(*Row.__table__.columns).where(Row.id == bindparam("id"))


class Way(NamedTuple):
    """How a reader reads, and the writer writes."""

    get: Callable[[int], Awaitable[User | None]]
    rename: Callable[[int, str], Awaitable[None]]


@asynccontextmanager
async def compute(url: str) -> AsyncIterator[Way]:
    """Every user is read once before: what is measured is what a service does from then on."""
    network = MemoryNetwork(0)
    async with Database(url) as db, Host(transport=network.connect("host"), log=db.log()) as host:
        users = UsersInSql(db)
        await host.serve(users)
        for id in range(COUNT):
            await users.get(id)
        yield Way(users.get, users.rename)


@asynccontextmanager
async def session(url: str) -> AsyncIterator[Way]:
    """With SQLAlchemy's own pool: five connections, and ten more when it has to."""
    async with Database(url) as db:

        async def get(id: int) -> User | None:
            return await look_up(db, id)

        yield Way(get, lambda id, name: rename(db, id, name))


@asynccontextmanager
async def core(url: str) -> AsyncIterator[Way]:
    """Readers take turns on the connections."""
    async with AsyncExitStack() as stack:
        db = await stack.enter_async_context(Database(url))
        engine = create_async_engine(url, isolation_level="AUTOCOMMIT")
        stack.push_async_callback(engine.dispose)
        free = asyncio.Queue[AsyncConnection]()
        for _ in range(CONNECTIONS):
            free.put_nowait(await stack.enter_async_context(engine.connect()))

        async def get(id: int) -> User | None:
            connection = await free.get()
            try:
                row = (await connection.execute(_SELECT, {"id": id})).one_or_none()
            finally:
                free.put_nowait(connection)
            return None if row is None else User(*row)

        yield Way(get, lambda id, name: rename(db, id, name))


@asynccontextmanager
async def loader(url: str) -> AsyncIterator[Way]:
    """`db.loader`, with nothing cached."""
    async with Database(url) as db:
        rows = db.loader(Row)

        async def get(id: int) -> User | None:
            row = await rows.load(id)
            if row is None:
                return None
            return User(row.id, row.version, row.created_at, row.modified_at, row.name)

        yield Way(get, lambda id, name: rename(db, id, name))


@asynccontextmanager
async def in_dict(url: str) -> AsyncIterator[Way]:
    """No cache, for it is never stale; no lookup can be faster."""
    async with Database(url) as db:
        users = {id: await look_up(db, id) for id in range(COUNT)}

        async def get(id: int) -> User | None:
            return users[id]

        yield Way(get, lambda id, name: rename(db, id, name))


WAYS = {COMPUTE: compute, SESSION: session, CORE: core, LOADER: loader, DICT: in_dict}
