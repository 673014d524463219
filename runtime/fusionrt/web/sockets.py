"""`Socket`: a WebSocket that was accepted, as a page uses it; and one of any server of ASGI."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final, Protocol

from starlette.websockets import WebSocket, WebSocketDisconnect

from ..primitives import background

__all__ = ["TAKE", "Socket", "Speaker", "Take", "relay"]

TAKE: Final = "fusionrt.take"
"""The extension of a server that hands connections over: a `Take`."""


class Speaker(Protocol):
    """Who speaks on a socket: it is told what becomes of that."""

    def begins(self, socket: Socket) -> None:
        """This is the socket."""

    def received(self, message: bytes) -> None:
        """A message came."""

    def unreadable(self) -> None:
        """Something came that is no message."""

    def paused(self) -> None:
        """Enough waits at the socket: write no more."""

    def resumed(self) -> None:
        """It takes more."""

    def lost(self, code: int | None) -> None:
        """There is no connection any more. code: by which the other end closed it, if it did."""


class Socket(Protocol):
    """What never waits: it says `paused` instead."""

    def write(self, message: bytes) -> None:
        """Send a message."""

    def close(self, code: int, reason: str) -> None:
        """Send a close after that; nothing is written any more."""

    def abort(self) -> None:
        """Be there no more, whatever was not sent."""


class Take(Protocol):
    """Takes a connection over from its server: the application is done with it."""

    def __call__(self, speaker: Speaker) -> None: ...


async def relay(socket: WebSocket, speaker: Speaker) -> None:
    """Let somebody speak on a WebSocket of whatever server, until that is over."""
    relayed = _Relayed(socket, speaker)
    code: int | None = None
    speaker.begins(relayed)
    try:
        async with relayed.lasting:
            while (event := await socket.receive())["type"] != "websocket.disconnect":
                data = event.get("bytes")
                if data is None:
                    speaker.unreadable()
                else:
                    speaker.received(data)
            code = event.get("code")
    except TimeoutError:
        pass  # it was aborted; its server closes what an application has left
    finally:
        relayed.ends()
        speaker.lost(code)


class _Relayed:
    """It takes message by message: the next when the server has taken the last."""

    def __init__(self, socket: WebSocket, speaker: Speaker) -> None:
        self.lasting: Final = asyncio.timeout(None)
        self._socket: Final = socket
        self._speaker: Final = speaker
        self._sending: asyncio.Task[None] | None = None

    def write(self, message: bytes) -> None:
        self._speaker.paused()
        self._sending = background(self._send(message), name="fusion page writes")

    def close(self, code: int, reason: str) -> None:
        closing = self._told(partial(self._socket.close, code, reason))
        self._sending = background(closing, name="fusion page ends")

    def abort(self) -> None:
        if not self.lasting.expired():
            self.lasting.reschedule(asyncio.get_running_loop().time())

    def ends(self) -> None:
        """There is nothing left to do."""
        if self._sending is not None:
            self._sending.cancel()

    async def _send(self, message: bytes) -> None:
        await self._told(partial(self._socket.send_bytes, message))
        self._sending = None
        self._speaker.resumed()

    async def _told(self, send: Callable[[], Awaitable[None]]) -> None:
        try:
            await send()
        except WebSocketDisconnect:
            self.abort()  # whoever reads may have learned that, too
