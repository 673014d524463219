"""An ASGI application on a port, in this process."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from starlette.types import ASGIApp

from tests.waiting import until

__all__ = ["Served", "served"]


class Served:
    """Where it is. server: to be stopped."""

    def __init__(self, server: uvicorn.Server, port: int) -> None:
        self.server = server
        self.host = f"127.0.0.1:{port}"
        self.http = f"http://{self.host}"
        self.ws = f"ws://{self.host}"


@asynccontextmanager
async def served(app: ASGIApp, *, websockets: str = "auto") -> AsyncIterator[Served]:
    """Serve it, by uvicorn, on a free port of this machine."""
    # What says that it is TCP, asyncio lets send at once (TCP_NODELAY).
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.bind(("127.0.0.1", 0))
    config = uvicorn.Config(
        app,
        log_config=None,
        lifespan="off",
        ws=websockets,
        ws_per_message_deflate=False,
        timeout_graceful_shutdown=1,
    )
    server = uvicorn.Server(config)
    running = asyncio.create_task(server._serve([listening]))  # `serve` would take the signals
    await until(lambda: server.started)
    try:
        yield Served(server, listening.getsockname()[1])
    finally:
        server.should_exit = True
        await running
        listening.close()
