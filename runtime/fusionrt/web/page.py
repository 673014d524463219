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
from .limits import LARGEST, PARTING, Pace, PageLimits

__all__ = ["Code", "Page", "framed", "unframed"]

_FRAMING: Final = 256
"""Bytes that the name of a service takes, at most."""


class Code(IntEnum):
    """Why a gateway closes a WebSocket."""

    LEAVING = 1012
    """It stops: come to another one, at once."""
    UNREADABLE = 4400
    """A message was none of this protocol's."""
    RENEWED = 4401
    """Its browser signed in or out: come back, at once, with the new cookie."""
    SLOW = 4408
    """It read nothing for too long, though something waited for it."""
    REPLACED = 4409
    """The same client has come by another one."""
    TOO_LARGE = 4413
    """A message was too large."""
    FLOODING = 4429
    """It sent too many messages."""
    FULL = 4503
    """There are as many pages as there may be, of this browser or of all."""


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

    principal: of its browser. cid: of the client that speaks there, once it has. waiting: bytes
    that are to be sent. why: it is closed, once it is.
    """

    def __init__(self, principal: str, socket: WebSocket, limits: PageLimits) -> None:
        self.principal: Final = principal
        self.cid = ""
        self.waiting = 0
        self.why: Code | None = None
        self._socket = socket
        self._limits = limits
        self._pace = Pace(limits.messages)
        self._messages: deque[bytes] = deque()
        self._woken = asyncio.Event()
        self._closing = asyncio.Event()
        self._gone = False

    def send(self, message: bytes) -> bool:
        """Send a message in its turn. False: it is lost, for nobody is there any more, or too much
        waits already: the page asks again for what it lacks, when it has read that.
        """
        full = bool(self._messages) and self.waiting + len(message) > self._limits.waiting
        if self._gone or self.why is not None or full:
            return False
        self._messages.append(message)
        self.waiting += len(message)
        self._woken.set()
        return True

    def close(self, why: Code) -> None:
        """End it. Who is to go elsewhere is told what waits first."""
        if self.why is None:
            self.why = why
            if why not in (Code.LEAVING, Code.RENEWED):
                self._forget()
            self._woken.set()
            self._closing.set()

    def _forget(self) -> None:
        self._messages.clear()
        self.waiting = 0

    async def run(self, received: Callable[[bytes], None]) -> None:
        """Take what comes, and send what waits, until either end closes it."""
        tasks = {
            spawn(self._read(received), name="fusion page reads"),
            spawn(self._write(), name="fusion page writes"),
            spawn(self._part(), name="fusion page parts"),
        }
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._gone = True
            self._forget()
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)
        for task in tasks:
            if not task.cancelled():
                task.result()

    async def _read(self, received: Callable[[bytes], None]) -> None:
        while self.why is None:
            event = await self._socket.receive()
            if event["type"] == "websocket.disconnect":
                return
            data = event.get("bytes")
            if data is None:
                self.close(Code.UNREADABLE)
            elif len(data) > LARGEST + _FRAMING:
                self.close(Code.TOO_LARGE)
            elif not self._pace.took():
                self.close(Code.FLOODING)
            else:
                received(data)
        await asyncio.Event().wait()  # it is the others' to end this

    async def _write(self) -> None:
        with suppress(WebSocketDisconnect):  # whoever reads learns that, too
            while self.why is None or self._messages:
                await self._woken.wait()
                self._woken.clear()
                try:
                    await self._write_all()
                except TimeoutError:
                    self.close(Code.SLOW)
            await self._socket.close(self.why, self.why.name.lower())

    async def _write_all(self) -> None:
        while self._messages:
            async with asyncio.timeout(self._limits.patience):
                await self._socket.send_bytes(self._messages[0])
            if self._messages:  # it may have been closed meanwhile
                self.waiting -= len(self._messages.popleft())

    async def _part(self) -> None:
        """Whoever reads nothing is not told why, either."""
        await self._closing.wait()
        await asyncio.sleep(PARTING)
