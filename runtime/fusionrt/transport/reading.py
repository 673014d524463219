"""What nats-py reads, handed on in the turn of the loop in which it arrives.

nats-py reads in a task, and gives each subscription a queue and a task of its own. Those are two
turns of the loop for each message, on each end: 17 of the 130 µs that a call takes that comes
alone. And where nothing is queued nothing is dropped: who handles too slowly is noticed by the
server, which ends the connection, and that is a loss that is known (D11).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from functools import partial
from typing import Any, Final

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription

__all__ = ["ReadingClient"]

RECEIVE: Final = 64 * 1024
"""Bytes that are asked of a socket at a time: for asyncio's 256 KiB the allocator maps memory, and
unmaps it again, at each message."""

_log = logging.getLogger("fusionrt.transport")


class ReadingClient(Client):
    """nats-py's client, and subscriptions whose handlers are called as a message is parsed."""

    async def subscribe_at_once(
        self, subject: str, queue: str, handler: Callable[[Msg], None]
    ) -> Subscription:
        """Hand every message of a subject to the handler."""
        return await self.subscribe(subject, queue=queue, cb=partial(_handle, handler))

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
        reading = _Reading(writer.transport, self._ps.parse)
        reader.feed_eof()
        reading.data_received(await reader.read())  # what came before
        await reading.ended

    async def _process_msg(
        self, sid: int, subject: bytes, reply: bytes, data: bytes, headers: bytes
    ) -> None:
        subscription = self._subs.get(sid)
        handle = None if subscription is None else subscription._cb
        if isinstance(handle, partial) and handle.func is _handle:
            found = await self._process_headers(headers) if headers else None
            handle.args[0](Msg(self, subject.decode(), reply.decode(), data, found))
        else:
            await super()._process_msg(sid, subject, reply, data, headers)


async def _handle(handler: Callable[[Msg], None], message: Msg) -> None:
    handler(message)


class _Reading(asyncio.Protocol):
    """Parses what comes, until the connection has ended; all else is the business of the protocol
    before it.
    """

    def __init__(self, transport: asyncio.WriteTransport, parse: Callable[[bytes], Any]) -> None:
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._before: Any = transport.get_protocol()
        self._parse = parse
        if hasattr(transport, "max_size"):  # uvloop has a buffer of its own
            transport.max_size = RECEIVE
        transport.set_protocol(self)

    def data_received(self, data: bytes) -> None:
        if self.ended.done():
            return
        parsing = self._parse(data)
        try:
            parsing.send(None)
        except StopIteration:
            return
        except Exception:
            _log.debug("the broker sent what nats-py cannot read", exc_info=True)
        parsing.close()  # it waits, too, where the connection is to be closed
        self._end()

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
