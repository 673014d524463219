"""Connections that a page takes over from uvicorn: no task, no queue and no scope are kept for it.

An application of ASGI waits for each message in a task, and so do all that are around it; each
message is put into a queue, which stops the connection until it was taken. A thousand pages that
say once in two seconds that they are there cost most of their time and memory by that. So uvicorn
accepts the connection, and what comes then is handed to the page as it arrives. WebSockets are
read and written by the same library as before.
"""

from __future__ import annotations

import asyncio
from typing import Any, Final, cast

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame, Opcode
from websockets.protocol import State
from websockets.server import ServerProtocol
from websockets.utils import apply_mask

from .sockets import TAKE, Speaker

__all__ = ["Accepting"]

_HEAD: Final = 6
"""Bytes before those of a short frame."""
PING: Final = 20.0
"""Seconds in which a page says something, or is asked whether it is there; after as many more it is
not."""


class Accepting(WebSocketsSansIOProtocol):
    """uvicorn's way to accept WebSockets, which hands them over to those who ask: `TAKE`."""

    async def run_asgi(self) -> None:
        """See uvicorn."""
        extensions = cast("dict[str, object]", self.scope["extensions"])
        extensions[TAKE] = self._take
        await super().run_asgi()

    def _take(self, speaker: Speaker) -> None:
        self.stop_keepalive()
        transport = self.transport
        taken = _Taken(self.conn, transport, self.connections, speaker)
        self.connections.discard(self)
        self.transport = cast("asyncio.Transport", _Nothing())
        transport.set_protocol(taken)
        if self.read_paused:
            transport.resume_reading()
        speaker.begins(taken)


class _Nothing:
    """What uvicorn closes when an application has ended that gave its connection away."""

    def close(self) -> None:
        pass


def _header(length: int) -> bytes:
    """Of a message in one frame of a server's: thirty times as fast as the library, and all that a
    page is told passes here.
    """
    if length < 126:
        return bytes((0x82, length))
    if length < 65536:
        return b"\x82\x7e" + length.to_bytes(2, "big")
    return b"\x82\x7f" + length.to_bytes(8, "big")


def _alone(data: bytes) -> bytes | None:
    """The message, if that is all that came: in one frame of a client's, as nearly all do. That
    costs a tenth of what the library needs, which is given whatever else comes.
    """
    length = len(data) - _HEAD
    if length < 0 or data[0] != 0x82:
        return None
    if length < 126:
        return apply_mask(data[6:], data[2:6]) if data[1] == 0x80 | length else None
    length -= 2
    if 126 <= length < 65536 and data[1] == 0xFE and data[2:4] == length.to_bytes(2, "big"):
        return apply_mask(data[8:], data[4:8])
    return None


def _size(frame: Frame) -> int:
    """Bytes that it took, at least."""
    length = len(frame.data)
    return _HEAD + length + (0 if length < 126 else 2 if length < 65536 else 8)


class _Taken(asyncio.Protocol):
    """transport, shutdown: for uvicorn, which ends all connections when it stops."""

    __slots__ = (
        "_behind",
        "_conn",
        "_connections",
        "_heard",
        "_parts",
        "_ping",
        "_speaker",
        "transport",
    )

    def __init__(
        self,
        conn: ServerProtocol,
        transport: asyncio.Transport,
        connections: set[Any],
        speaker: Speaker,
    ) -> None:
        self.transport: Final = transport
        self._conn: Final = conn
        self._connections: Final = connections
        self._speaker: Final = speaker
        self._parts: list[bytes] = []
        self._behind = 0
        """Bytes that the library was given, and that were not of the frames that it gave."""
        self._heard = False
        connections.add(self)
        loop = asyncio.get_running_loop()
        self._ping = loop.call_later(PING, self._look, loop)

    # -- what a page says --

    def write(self, message: bytes) -> None:
        if self._conn.state is State.OPEN:  # else its end has come, and we are about to be told
            self.transport.write(_header(len(message)) + message)

    def close(self, code: int, reason: str) -> None:
        if self._conn.state is State.OPEN:
            self._conn.send_close(code, reason)
            self._flush()

    def abort(self) -> None:
        self.transport.abort()

    def shutdown(self) -> None:
        """See uvicorn."""
        self.close(1012, "")
        self.transport.close()

    # -- what comes --

    def data_received(self, data: bytes) -> None:
        self._heard = True
        if not self._behind and not self._parts and self._conn.state is State.OPEN:
            message = _alone(data)
            if message is not None:
                self._speaker.received(message)
                return
        self._read(data)

    def _read(self, data: bytes) -> None:
        conn = self._conn
        conn.receive_data(data)
        self._behind += len(data)
        for event in conn.events_received():
            if isinstance(event, Frame):
                self._behind -= _size(event)
                self._frame(event)
        self._flush()
        if conn.close_rcvd is not None or conn.parser_exc is not None:
            self.transport.close()

    def _frame(self, frame: Frame) -> None:
        if frame.opcode is Opcode.BINARY or (frame.opcode is Opcode.CONT and self._parts):
            self._parts.append(bytes(frame.data))
            if frame.fin:
                parts, self._parts = self._parts, []
                self._speaker.received(parts[0] if len(parts) == 1 else b"".join(parts))
        elif frame.opcode is Opcode.TEXT:
            self._speaker.unreadable()

    def _flush(self) -> None:
        data = self._conn.data_to_send()
        if data:
            self.transport.write(data[0] if len(data) == 1 else b"".join(data))

    def pause_writing(self) -> None:
        self._speaker.paused()

    def resume_writing(self) -> None:
        self._speaker.resumed()

    def connection_lost(self, exc: Exception | None) -> None:
        self._ping.cancel()
        self._connections.discard(self)
        end = self._conn.close_rcvd
        self._speaker.lost(None if end is None else end.code)

    def _look(self, loop: asyncio.AbstractEventLoop, asked: bool = False) -> None:
        """Whether the page said anything since the last look."""
        if asked and not self._heard:
            self.abort()
            return
        silent = not self._heard and self._conn.state is State.OPEN
        if silent:
            self._conn.send_ping(b"")
            self._flush()
        self._heard = False
        self._ping = loop.call_later(PING, self._look, loop, silent)
