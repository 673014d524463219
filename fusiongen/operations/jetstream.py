"""The log in a JetStream stream.

Its hosts write nothing down: what the broker knows of their consumers is what it has sent to them.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from typing import Final

import msgspec
import nats.errors
from nats.js import JetStreamContext
from nats.js.api import ConsumerInfo, StreamInfo
from nats.js.errors import NotFoundError

from fusionrt import JetStreamUnavailable
from fusionrt.operations import StoredOperation

from .source import Entry, Reader

__all__ = ["InJetStream"]


class InJetStream:
    """See `Source`."""

    name: Final = ""

    def __init__(self, js: JetStreamContext, stream: str) -> None:
        self._js = js
        self._stream = stream
        self._position = 0

    async def readers(self) -> list[Reader]:
        """See `Source`."""
        return [await self._reader(each) async for each in self._consumers() if each.push_bound]

    async def last(self, count: int) -> list[Entry]:
        """See `Source`."""
        state = (await self._info()).state
        self._position = max(state.last_seq - count, state.first_seq - 1, 0)
        return await self._read(state.last_seq)

    async def new(self) -> list[Entry]:
        """See `Source`."""
        state = (await self._info()).state
        if state.last_seq < self._position:  # it was made anew
            self._position = 0
        self._position = max(self._position, state.first_seq - 1)
        return await self._read(state.last_seq)

    async def events(self) -> str:
        """See `Source`."""
        return ""

    async def _info(self) -> StreamInfo:
        """It is not made, as a host would make it."""
        try:
            return await self._js.stream_info(self._stream)
        except NotFoundError:
            raise JetStreamUnavailable(
                self._stream, "there is no such stream; for a log in a database, name that"
            ) from None
        except (nats.errors.Error, TimeoutError) as error:
            raise JetStreamUnavailable(self._stream, str(error) or "no answer in time") from None

    async def _consumers(self) -> AsyncIterator[ConsumerInfo]:
        offset = 0
        while page := await self._js.consumers_info(self._stream, offset):
            for each in page:
                yield each
            offset += len(page)

    async def _reader(self, consumer: ConsumerInfo) -> Reader:
        iid, _, process = (consumer.config.description or "").partition(" ")
        unread, lag = consumer.num_pending or 0, 0.0
        if unread and consumer.delivered is not None:
            first = await self._entry(consumer.delivered.stream_seq + 1)
            lag = 0.0 if first is None else max(0.0, time.time() - first.at)
        return Reader(iid, process, lag, unread)

    async def _read(self, last: int) -> list[Entry]:
        entries = [await self._entry(each) for each in range(self._position + 1, last + 1)]
        self._position = max(self._position, last)
        return [each for each in entries if each is not None]

    async def _entry(self, position: int) -> Entry | None:
        """None if it is not kept any more."""
        try:
            message = await self._js.get_msg(self._stream, position)
        except NotFoundError:
            return None
        at = 0.0 if message.time is None else message.time.timestamp()
        try:
            one = StoredOperation.decode(message.data or b"")
        except (msgspec.MsgspecError, ValueError, RecursionError):
            return Entry(at, "", "", None)
        return Entry(at, one.iid, one.command, one.keys if one.command else None)
