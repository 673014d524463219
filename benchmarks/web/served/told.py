"""What those have who do without a service: the texts, by messages; a server for their pages."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import msgspec
import nats
import uvicorn
import uvloop
from nats.aio.msg import Msg

from ..contracts import Written
from ..source import CHANGED

__all__ = ["hears", "new_loop", "serves"]

_decode = msgspec.json.Decoder(dict[int, Written]).decode


def new_loop() -> asyncio.AbstractEventLoop:
    """uvloop's."""
    loop: asyncio.AbstractEventLoop = uvloop.new_event_loop()
    return loop


@asynccontextmanager
async def hears(
    url: str, texts: dict[int, Written], told: Callable[[dict[int, Written]], Awaitable[None]]
) -> AsyncIterator[None]:
    """Keep the texts as the source has them. told: awaited with each change."""

    async def hear(message: Msg) -> None:
        changed = _decode(message.data)
        texts.update(changed)
        await told(changed)

    connection = await nats.connect(url)
    await connection.subscribe(CHANGED, cb=hear)
    await connection.flush()
    yield
    await connection.close()


@asynccontextmanager
async def serves(app: Any) -> AsyncIterator[int]:
    """By uvicorn, as `uvicorn[standard]` does; without its access log, and without compressing what
    goes over WebSockets, as ours. Gives the port."""
    config = uvicorn.Config(
        app, log_level="warning", access_log=False, http="httptools", ws_per_message_deflate=False
    )
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0), backlog=2048) as listening:
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        while not server.started:  # noqa: ASYNC110 - it tells in no other way
            await asyncio.sleep(0.01)
        yield listening.getsockname()[1]
        server.should_exit = True
        await serving
