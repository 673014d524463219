"""Serves an ASGI application with uvicorn, as `uvicorn[standard]` does: on uvloop, with httptools,
without its access log."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import uvicorn
import uvloop

__all__ = ["new_loop", "serve"]


def new_loop() -> asyncio.AbstractEventLoop:
    """uvloop's."""
    loop: asyncio.AbstractEventLoop = uvloop.new_event_loop()
    return loop


@asynccontextmanager
async def serve(app: Any) -> AsyncIterator[str]:
    """Inside the block; gives the URL."""
    config = uvicorn.Config(app, log_level="warning", access_log=False, http="httptools")
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0), backlog=2048) as listening:
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        while not server.started:  # noqa: ASYNC110 - it tells in no other way
            await asyncio.sleep(0.01)
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        server.should_exit = True
        await serving
