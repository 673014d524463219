"""`Page`: one WebSocket of a browser: what came, and what waits to be sent (W9)."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from enum import IntEnum
from typing import Final

from starlette.websockets import WebSocket, WebSocketDisconnect

from ..primitives import spawn

__all__ = ["Code", "Page", "framed", "unframed"]

LARGEST: Final = 1024 * 1024
"""Bytes of a message, in either direction."""
WAITING_BYTES: Final = 4 * 1024 * 1024
"""Bytes that wait for a page that reads too slowly, before it is closed."""
PARTING: Final = 5.0
"""Seconds in which a page reads what was sent, and why it is closed."""


class Code(IntEnum):
    """Why a gateway closes a WebSocket."""

    LEAVING = 1012
    """It stops: come to another one, at once."""
    UNREADABLE = 4400
    """A message was none of this protocol's."""
    SLOW = 4408
    """It read too slowly: too much waited for it."""
    REPLACED = 4409
    """The same client has come by another one."""
    TOO_LARGE = 4413
    """A message was too large."""
    FLOODING = 4429
    """It sent too much."""


def framed(service: str, envelope: bytes) -> bytes:
    """A message: the length of the service's name in a byte, the name, an envelope of `wire`."""
    name = service.encode()
    return bytes((len(name),)) + name + envelope


def unframed(message: bytes) -> tuple[str, bytes]:
    """The service and the envelope.

    Raises:
        ValueError: it has no such form.
    """
    if not message or len(message) <= (length := message[0]):
        raise ValueError("a message is cut off")
    return message[1 : 1 + length].decode(), message[1 + length :]


class Page:
    """One WebSocket that was accepted.

    principal: of its browser. cid: of the client that speaks there, once it has.
    """

    def __init__(self, principal: str, socket: WebSocket) -> None:
        self.principal: Final = principal
        self.cid = ""
        self._socket = socket
        self._waiting: deque[bytes] = deque()
        self._bytes = 0
        self._woken = asyncio.Event()
        self._why: Code | None = None
        self._gone = False

    def send(self, message: bytes) -> bool:
        """Send a message in its turn. False: nobody is there any more."""
        if self._gone or self._why is not None:
            return False
        self._waiting.append(message)
        self._bytes += len(message)
        self._woken.set()
        if self._bytes > WAITING_BYTES:
            self.close(Code.SLOW)
            return False
        return True

    def close(self, why: Code) -> None:
        """End it; who leaves for lack of something else is told what waits first."""
        if self._why is None:
            self._why = why
            if why is not Code.LEAVING:
                self._waiting.clear()
                self._bytes = 0
            self._woken.set()

    async def run(self, received: Callable[[bytes], None]) -> None:
        """Take what comes, and send what waits, until either end closes it."""
        reading = spawn(self._read(received), name="fusion page reads")
        writing = spawn(self._write(), name="fusion page writes")
        try:
            await asyncio.wait({reading, writing}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._gone = True
            self._waiting.clear()
            for task in (reading, writing):
                task.cancel()
            await asyncio.wait({reading, writing})

    async def _read(self, received: Callable[[bytes], None]) -> None:
        while self._why is None:
            event = await self._socket.receive()
            if event["type"] == "websocket.disconnect":
                return
            data = event.get("bytes")
            if data is None:
                self.close(Code.UNREADABLE)
            elif len(data) > LARGEST + 256:
                self.close(Code.TOO_LARGE)
            else:
                received(data)
        await asyncio.Event().wait()  # the writer ends it

    async def _write(self) -> None:
        with suppress(WebSocketDisconnect):  # whoever reads learns that, too
            while self._why is None:
                await self._woken.wait()
                self._woken.clear()
                while self._waiting:
                    message = self._waiting.popleft()
                    self._bytes -= len(message)
                    await self._socket.send_bytes(message)
            with suppress(TimeoutError):
                async with asyncio.timeout(PARTING):
                    await self._socket.close(self._why, self._why.name.lower())
