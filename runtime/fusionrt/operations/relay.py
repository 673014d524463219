"""`Relay`: events for other systems, in a stream of JetStream."""

from __future__ import annotations

from typing import Any, Final

from ..errors import ArgumentError, JetStreamUnavailable
from ..rpc import Subjects
from ..transport import Kept, Transport
from ..values.codecs import codec
from .outbox import EventHandler, checked_subject, event_name

__all__ = ["relay"]

KEPT: Final = Kept(seconds=7 * 86400.0, bytes=1024**3)
"""Of the stream, if nobody has made it with other limits."""


def relay(
    type: type[Any], subject: str | None, transport: Transport, subjects: Subjects
) -> EventHandler:
    """Appends events as JSON, each with its id as `Nats-Msg-Id`, so that the stream has it once
    though it is sent twice within two minutes. While JetStream is away they wait, and none is given
    up.

    Raises:
        ArgumentError: the subject is none.
    """
    name = event_name(type)
    key = checked_subject(name if subject is None else subject)
    journal = transport.journal(subjects.event_stream, subjects.events, KEPT)
    encode = codec(type).encode_json

    async def tell(event: Any, id: str) -> None:
        payload = encode(event)
        if len(payload) > transport.max_payload - ROOM:
            raise ArgumentError("relay", f"an event of {len(payload)} bytes: no message takes it")
        await journal.extent()  # it is made if it is not there
        await journal.append(key, id, payload)

    return EventHandler(name, type, tell, outages=(JetStreamUnavailable,))


ROOM: Final = 1024
"""Bytes of a message beside the event."""
