"""Two servers of one database, and their clients: with the framework, and without it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial

from fusionrt import Host
from fusionrt.sql import Database

from todo.__main__ import watch
from todo.cli import Todos, Watch
from todo.generated.todos import TodosClient
from todo.services import TodosInSql
from todo.tables import Base
from twin.client import Client
from twin.listening import Listening
from twin.server import Server

__all__ = ["WORLDS", "World"]


@dataclass
class World:
    """a: a client that is at the server A, and goes to B when that has gone. b: at the server B.

    again: another client like `a`, whose one command has this operation id.
    watch: at B. leave: A ends, in good order.
    """

    a: Todos
    b: Todos
    again: Callable[[str], Todos]
    watch: Watch
    leave: Callable[[], Awaitable[None]]


@asynccontextmanager
async def framework(db: str, nats: str) -> AsyncIterator[World]:
    """`python -m todo`."""
    async with AsyncExitStack() as stack, AsyncExitStack() as a:
        await a.enter_async_context(_host(db, nats))
        todos = (await stack.enter_async_context(Host(nats))).client(TodosClient)
        await todos.folders()  # it stays at the only host that there is
        b = await stack.enter_async_context(_host(db, nats))
        yield World(
            todos,
            b,
            lambda operation: todos.with_options(operation=operation),
            partial(watch, b),
            a.aclose,
        )


@asynccontextmanager
async def twin(db: str, nats: str) -> AsyncIterator[World]:
    """`python -m twin`."""
    async with AsyncExitStack() as stack, AsyncExitStack() as a:
        servers = [
            await a.enter_async_context(_server(db, nats)),
            await stack.enter_async_context(_server(db, nats)),
        ]

        def client(*servers: str, operation: str | None = None) -> Client:
            made = Client(servers, operation)
            stack.push_async_exit(made)
            return made

        at_b = client(servers[1])
        yield World(
            client(*servers),
            at_b,
            lambda operation: client(*servers, operation=operation),
            at_b.watch,
            a.aclose,
        )


@asynccontextmanager
async def _host(url: str, nats: str) -> AsyncIterator[TodosInSql]:
    async with Database(url) as db:
        await db.create_all(Base.metadata)
        async with Host(nats, log=db.log()) as host:
            todos = TodosInSql(db)
            await host.serve(todos)
            yield todos


@asynccontextmanager
async def _server(db: str, nats: str) -> AsyncIterator[str]:
    server = Listening(Server(db, nats))
    serving = asyncio.create_task(server.serve())
    yield await server.url
    server.should_exit = True
    await serving


WORLDS = {"framework": framework, "twin": twin}
