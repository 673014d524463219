"""An ASGI application on a port, in this process."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from starlette.types import ASGIApp

from fusionrt.primitives import stop_all
from fusionrt.web.serving import Server, listening
from tests.waiting import until

__all__ = ["Served", "served"]


class Served:
    """Where it is."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.host = f"127.0.0.1:{port}"
        self.http = f"http://{self.host}"
        self.ws = f"ws://{self.host}"


@asynccontextmanager
async def served(app: ASGIApp, port: int = 0, *, ends: bool = False) -> AsyncIterator[Served]:
    """Serve it, by uvicorn; without a port, on one of this machine that is free. ends: by itself,
    and its lifespan with it; else it is cut off.
    """
    with listening("127.0.0.1", port) as sock:
        server, others = Server(app), asyncio.all_tasks()
        running = asyncio.create_task(server.serve([sock]))
        await until(lambda: server.started)
        lifespan = {task for task in asyncio.all_tasks() - others if _is_lifespan(task)}
        try:
            yield Served(sock.getsockname()[1])
        finally:
            server.should_exit, server.force_exit = True, not ends
            await running
            for each in list(server.server_state.connections):
                each.transport.abort()
            await stop_all(lifespan)  # uvicorn leaves it where it is cut off


def _is_lifespan(task: asyncio.Task[Any]) -> bool:
    return getattr(task.get_coro(), "__qualname__", "") == "LifespanOn.main"
