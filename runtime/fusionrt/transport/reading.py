"""What nats-py reads, handed on in the turn of the loop in which it arrives.

nats-py reads in a task, and gives each subscription a queue and a task of its own. Those are two
turns of the loop for each message, on each end: 17 of the 130 µs that a call takes that comes
alone. And where nothing is queued nothing is dropped: who handles too slowly is noticed by the
server, which ends the connection, and that is a loss that is known (D11).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Mapping
from functools import partial
from typing import Any, Final

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from nats.protocol.parser import AWAITING_CONTROL_LINE, Parser

__all__ = ["ReadingClient"]

RECEIVE: Final = 64 * 1024
"""Bytes that are asked of a socket at a time: for asyncio's 256 KiB the allocator maps memory, and
unmaps it again, at each message."""

MOST_DIGITS: Final = 20
"""Of the numbers in the head of a message."""

_log = logging.getLogger("fusionrt.transport")


Handle = Callable[[str, str, bytes, dict[str, str] | None], None]
"""Takes a message: its subject, where answers go, its payload and its headers."""


class ReadingClient(Client):
    """nats-py's client, and subscriptions whose handlers are called as a message is parsed."""

    async def subscribe_at_once(self, subject: str, queue: str, handle: Handle) -> Subscription:
        """Hand every message of a subject to the handler."""
        return await self.subscribe(subject, queue=queue, cb=_AtOnce(_handed, handle))

    @property
    def writer(self) -> asyncio.StreamWriter | None:
        """What it writes to; none before it is connected, or over WebSockets."""
        writer: asyncio.StreamWriter | None = getattr(self._transport, "_io_writer", None)
        return writer

    async def _read_loop(self) -> None:
        writer = self.writer
        if writer is None:  # over WebSockets
            await super()._read_loop()
            return
        reader: asyncio.StreamReader = self._transport._io_reader  # type: ignore[union-attr]
        reading = _Reading(writer.transport, self._ps, self._subs)
        reader.feed_eof()
        reading.data_received(await reader.read())  # what came before
        await reading.ended

    async def _process_msg(
        self, sid: int, subject: bytes, reply: bytes, data: bytes, headers: bytes
    ) -> None:
        subscription = self._subs.get(sid)
        if subscription is None or type(subscription._cb) is not _AtOnce:
            await super()._process_msg(sid, subject, reply, data, headers)
        else:
            found = await self._process_headers(headers) if headers else None
            handle: Handle = subscription._cb.args[0]
            handle(subject.decode(), reply.decode(), data, found)


class _AtOnce(partial[Coroutine[Any, Any, None]]):
    """Calls `_handed`, with a handler, which is called itself where that can be done at once."""


async def _handed(handle: Handle, message: Msg) -> None:
    handle(message.subject, message.reply, message.data, message.headers)


class _Reading(asyncio.Protocol):
    """Parses what comes, until the connection has ended; all else is the business of the protocol
    before it.
    """

    def __init__(
        self,
        transport: asyncio.WriteTransport,
        parser: Parser,
        subscriptions: Mapping[int, Subscription],
    ) -> None:
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._before: Any = transport.get_protocol()
        self._parser: Final = parser
        self._subscriptions: Final = subscriptions
        if hasattr(transport, "max_size"):  # uvloop has a buffer of its own
            transport.max_size = RECEIVE
        transport.set_protocol(self)

    def data_received(self, data: bytes) -> None:
        if self.ended.done():
            return
        parser = self._parser
        if not parser.buf and parser.state == AWAITING_CONTROL_LINE:
            data = self._hand_on(data)
            if not data:
                return
        parsing = parser.parse(data)
        try:
            parsing.send(None)
        except StopIteration:
            return
        except Exception:
            _log.debug("the broker sent what nats-py cannot read", exc_info=True)
        parsing.close()  # it waits, too, where the connection is to be closed
        self._end()

    def _hand_on(self, data: bytes) -> bytes:
        """Hand on whole messages without headers, for handlers that are called at once. All else
        is left to nats-py, with what comes behind it: to that the same messages cost four times as
        much.
        """
        start, length, subscriptions = 0, len(data), self._subscriptions
        while data.startswith(b"MSG ", start) and (line_end := data.find(b"\r\n", start)) > 0:
            words = data[start + 4 : line_end].split(b" ")
            if not 3 <= len(words) <= 4:
                break
            sid, size = words[1], words[-1]
            if not (sid.isdigit() and size.isdigit() and len(sid) + len(size) < MOST_DIGITS):
                break
            begin = line_end + 2
            end = begin + int(size)
            subscription = subscriptions.get(int(sid))
            if end + 2 > length or subscription is None or type(subscription._cb) is not _AtOnce:
                break
            start = end + 2
            handle: Handle = subscription._cb.args[0]
            reply = words[2].decode() if len(words) == 4 else ""
            handle(words[0].decode(), reply, data[begin:end], None)
        return data[start:]

    def eof_received(self) -> bool:
        self._end()
        return False

    def connection_lost(self, error: Exception | None) -> None:
        self._end()
        self._before.connection_lost(error)

    def pause_writing(self) -> None:
        self._before.pause_writing()

    def resume_writing(self) -> None:
        self._before.resume_writing()

    def _end(self) -> None:
        if not self.ended.done():
            self.ended.set_result(None)
