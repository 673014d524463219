"""A journal in a JetStream stream, over whichever link there is.

Its consumer is ours, and not nats-py's ordered one: that makes itself anew without a word, and what
was lost meanwhile, or that the stream is another one, is what a reader has to know.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final, TypeVar

import nats.errors
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from nats.js import JetStreamContext
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy, StorageType, StreamConfig
from nats.js.api import StreamInfo as Info
from nats.js.errors import BadRequestError, NotFoundError

from ..errors import BrokerUnavailable, JetStreamUnavailable
from ..primitives import new_id
from ..seldom import Seldom
from .journal import Appended, Extent, JournalReader, Kept, Record, Stop
from .links import ERRORS, Links
from .reading import ReadingClient

__all__ = ["StreamJournal"]

WINDOW: Final = 120.0
"""Seconds in which a record of the same id is not added again."""

_T = TypeVar("_T")
_log = logging.getLogger("fusionrt.transport")


class StreamJournal:
    """See `Journal`. The stream is made by the first who asks, unless an operator did."""

    def __init__(self, name: str, subject: str, kept: Kept, links: Links) -> None:
        self.name: Final = name
        self._subject: Final = subject
        self._kept: Final = kept
        self._links: Final = links

    async def extent(self) -> Extent:
        """See `Journal`."""
        info = await self._asked(self._info)
        pattern = f"{self._subject}.>"
        if pattern not in (info.config.subjects or ()):
            problem = f"it is a stream without the subject {pattern}: name another one"
            raise JetStreamUnavailable(self.name, problem)
        state, retention = info.state, info.config.max_age or math.inf
        return Extent(str(info.created), state.first_seq, state.last_seq, retention)

    async def append(self, key: str, id: str, payload: bytes) -> Appended:
        """See `Journal`."""
        subject, headers = f"{self._subject}.{key}", {"Nats-Msg-Id": id}
        sent = await self._asked(
            lambda js: js.publish(subject, payload, stream=self.name, headers=headers)
        )
        return Appended(sent.seq, bool(sent.duplicate))

    async def at(self, position: int) -> bytes | None:
        """See `Journal`."""
        return await self._asked(lambda js: self._payload(js, position=position))

    async def newest(self, key: str) -> bytes | None:
        """See `Journal`."""
        return await self._asked(lambda js: self._payload(js, key=key))

    async def read(self, after: int, reader: JournalReader, beat: float) -> Stop:
        """See `Journal`."""
        return await self._asked(lambda js: self._read(js, after, reader, beat))

    async def _asked(self, ask: Callable[[JetStreamContext], Awaitable[_T]]) -> _T:
        try:
            return await ask(self._links.jetstream())
        except BrokerUnavailable as error:
            raise JetStreamUnavailable(self.name, error.problem) from None
        except ERRORS as error:
            raise JetStreamUnavailable(self.name, str(error) or "no answer in time") from None

    async def _info(self, js: JetStreamContext) -> Info:
        try:
            return await js.stream_info(self.name)
        except NotFoundError:
            with suppress(BadRequestError):  # somebody else was faster
                await js.add_stream(self._config())
            return await js.stream_info(self.name)

    def _config(self) -> StreamConfig:
        return StreamConfig(
            name=self.name,
            subjects=[f"{self._subject}.>"],
            max_age=self._kept.seconds,
            max_bytes=self._kept.bytes,
            num_replicas=self._kept.replicas,
            duplicate_window=min(WINDOW, self._kept.seconds),
            storage=StorageType.FILE,
        )

    async def _payload(
        self, js: JetStreamContext, *, position: int | None = None, key: str = ""
    ) -> bytes | None:
        subject = f"{self._subject}.{key}" if key else None
        try:
            message = await js.get_msg(self.name, position, subject)
        except NotFoundError:
            return None
        return message.data or b""

    async def _read(
        self, js: JetStreamContext, after: int, reader: JournalReader, beat: float
    ) -> Stop:
        client = js._nc
        assert isinstance(client, ReadingClient)
        inbox = client.new_inbox()
        consumer = _Consumer(len(self._subject) + 1, reader, self._links)

        def came(subject: str, reply: str, payload: bytes, headers: dict[str, str] | None) -> None:
            consumer.came(Msg(client, subject, reply, payload, headers))

        subscription = await client.subscribe_at_once(inbox, "", came)
        try:
            await js.add_consumer(self.name, _delivered(inbox, after + 1, beat, reader.name))
        except BaseException:
            await _stop(subscription)
            raise
        return lambda: _stop(subscription)


def _delivered(inbox: str, start: int, beat: float, reader: str) -> ConsumerConfig:
    """What the broker forgets by itself, some seconds after nobody listens any more."""
    return ConsumerConfig(
        name=new_id(),
        description=reader,
        deliver_subject=inbox,
        deliver_policy=DeliverPolicy.BY_START_SEQUENCE,
        opt_start_seq=start,
        ack_policy=AckPolicy.NONE,
        max_deliver=1,
        flow_control=True,
        idle_heartbeat=beat,
        mem_storage=True,
        num_replicas=1,
    )


async def _stop(subscription: Subscription) -> None:
    with suppress(nats.errors.Error):
        await subscription.unsubscribe()


class _Consumer:
    """Takes what JetStream delivers.

    skip: characters of a subject in front of a record's key.
    """

    def __init__(self, skip: int, reader: JournalReader, links: Links) -> None:
        self._skip = skip
        self._reader = reader
        self._links = links
        self._seldom = Seldom(_log)

    def came(self, message: Msg) -> None:
        """A record, or one of the broker's own words."""
        try:
            if message.headers and message.headers.get("Status"):
                self._word(message, message.headers)
            else:
                self._record(message)
        except Exception:
            self._seldom.exception("what %s delivers cannot be read", message.subject)

    def _word(self, message: Msg, headers: dict[str, str]) -> None:
        stalled = headers.get("Nats-Consumer-Stalled", message.reply)
        if stalled:  # it sends no more until it is told that this was read
            self._links.publish(stalled, b"")
        if (number := headers.get("Nats-Last-Consumer")) is not None:
            self._reader.beat(int(number))

    def _record(self, message: Msg) -> None:
        told = message.metadata
        key = message.subject[self._skip :]
        self._reader.record(
            Record(
                told.sequence.stream, key, message.data, told.sequence.consumer, told.num_pending
            )
        )
