"""python-socketio: a page says which keys it watches, enters a room for each of them, and is given
what there is; whatever changes is emitted to its room, by hand.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec
import socketio

from ..contracts import Written
from . import Server
from .told import hears, new_loop, serves

__all__ = ["SERVER"]


class _Json:
    """Faster than Python's own."""

    loads = staticmethod(msgspec.json.decode)

    @staticmethod
    def dumps(value: Any, **_: Any) -> str:
        return msgspec.json.encode(value).decode()


@asynccontextmanager
async def _serve(url: str) -> AsyncIterator[int]:
    texts: dict[int, Written] = {}
    io = socketio.AsyncServer(async_mode="asgi", transports=["websocket"], json=_Json)

    async def watch(sid: str, keys: list[int]) -> dict[str, Any]:
        for key in keys:
            await io.enter_room(sid, str(key))
        return {str(key): msgspec.to_builtins(texts[key]) for key in keys}

    async def changed(those: dict[int, Written]) -> None:
        for key, text in those.items():
            await io.emit("changed", (key, msgspec.to_builtins(text)), room=str(key))

    io.on("watch", watch)
    async with hears(url, texts, changed), serves(socketio.ASGIApp(io)) as port:
        yield port


SERVER = Server(_serve, new_loop)
