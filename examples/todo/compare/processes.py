"""Two servers of one database in processes of their own, and clients of either one here."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from pathlib import Path

from fusionrt import Host

from todo.__main__ import watch
from todo.cli import Todos, Watch
from todo.generated.todos import TodosClient
from twin.client import Client

__all__ = ["SIDES", "Connect"]

HERE = Path(__file__).parents[1]

Connect = Callable[[str], AbstractAsyncContextManager[tuple[Todos, Watch]]]
"""A new client, as in a process of its own, of the server "A" or "B"."""


@asynccontextmanager
async def framework(db: str, nats: str) -> AsyncIterator[Connect]:
    """`python -m todo serve`, twice. Clients find a host by themselves: some try again."""
    async with _serving("todo", db, nats):
        async with Host(nats) as host:
            first = await _at(host)

        @asynccontextmanager
        async def connect(server: str) -> AsyncIterator[tuple[Todos, Watch]]:
            while True:
                async with Host(nats) as host:
                    if (await _at(host) == first) == (server == "A"):
                        todos = host.client(TodosClient)
                        yield todos, partial(watch, todos)
                        return

        async with _serving("todo", db, nats):
            yield connect


@asynccontextmanager
async def twin(db: str, nats: str) -> AsyncIterator[Connect]:
    """`python -m twin serve`, twice."""
    async with _serving("twin", db, nats) as a, _serving("twin", db, nats) as b:

        @asynccontextmanager
        async def connect(server: str) -> AsyncIterator[tuple[Todos, Watch]]:
            async with Client([{"A": a, "B": b}[server]]) as client:
                yield client, client.watch

        yield connect


SIDES = {"framework": framework, "twin": twin}


async def _at(host: Host) -> str | None:
    """The host that its client is at."""
    await host.client(TodosClient).total()
    return host.statistics().caller.peers["todos"].sessions[0].host


@asynccontextmanager
async def _serving(module: str, db: str, nats: str) -> AsyncIterator[str]:
    """A server; where it is, as it says itself."""
    paths = os.pathsep.join([str(HERE), *filter(None, [os.environ.get("PYTHONPATH")])])
    env = {**os.environ, "PYTHONPATH": paths, "NATS_URL": nats, "PORT": "0"}
    server = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", module, "serve", "--db", db),
        env=env,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        assert server.stdout is not None
        line = await server.stdout.readline()
        if not line.startswith(b"serving"):
            raise RuntimeError(f"python -m {module} serve does not come up")
        yield line.decode().split()[-1]
    finally:
        if server.returncode is None:
            server.terminate()
        await server.wait()
