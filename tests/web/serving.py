"""An ASGI application on a port, in this process."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.types import ASGIApp

from fusionrt.web.serving import Server, listening
from tests.waiting import until

__all__ = ["Served", "served"]


class Served:
    """Where it is."""

    def __init__(self, port: int) -> None:
        self.host = f"127.0.0.1:{port}"
        self.http = f"http://{self.host}"
        self.ws = f"ws://{self.host}"


@asynccontextmanager
async def served(app: ASGIApp) -> AsyncIterator[Served]:
    """Serve it, by uvicorn, on a free port of this machine."""
    with listening("127.0.0.1", 0) as sock:
        server = Server(app)
        running = asyncio.create_task(server.serve([sock]))
        await until(lambda: server.started)
        try:
            yield Served(sock.getsockname()[1])
        finally:
            server.should_exit = server.force_exit = True
            await running
