"""What the rooms above ask of a transport: move bytes between processes, at most once.

A transport loses messages without an error: on a lost connection, on an overflow, in a partition.
The session protocol makes them count; a transport only says what it knows of a loss (`Listener`).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple, Protocol

import msgspec

from ..errors import InvalidSubject, NotPermitted
from .journal import Journal, Kept
from .table import Table

__all__ = [
    "Handler",
    "Listener",
    "Message",
    "Outbound",
    "Subscription",
    "Transport",
    "TransportStatistics",
    "check_subject",
]


class Message(msgspec.Struct, frozen=True, gc=False):
    """One received message.

    no_responders: the subject that nobody listened on, when this is the broker's answer to a
        message of ours that was published with `reply`; its payload is empty.
    reply: where the sender hears answers, if it said so.
    """

    subject: str
    payload: bytes
    no_responders: str | None = None
    reply: str = ""


Handler = Callable[[Message], None]
"""Takes the messages of one subscription, in their order; an exception is logged and dropped."""


class Listener:
    """Hears what a transport knows of losses. Called synchronously; override what matters."""

    def disconnected(self, broker: str) -> None:
        """The connection to this broker is gone: nothing of it will be delivered any more."""

    def reconnected(self) -> None:
        """A new connection is up, every subscription is with it; what was sent between is lost."""

    def refused(self, error: NotPermitted) -> None:
        """The broker does not permit what was tried; nothing else comes of it (D30)."""

    def gap(self, subject: str) -> None:
        """The subscription of this subject overflowed: messages to it were dropped. (Not over NATS:
        there nothing is queued here, and a broker whose queue is full ends the connection.)"""


class Subscription(Protocol):
    """A subscription, until it is cancelled or its transport closes."""

    @property
    def subject(self) -> str:
        """The subject that was subscribed to, with its wildcards."""

    async def unsubscribe(self) -> None:
        """Deliver nothing more. Does nothing the second time."""


class TransportStatistics(NamedTuple):
    """What a transport did so far, in messages.

    lost: dropped here before they reached the broker, because there was no connection.
    gaps: overflows of subscriptions, not the messages that they dropped.
    """

    published: int
    received: int
    lost: int
    gaps: int
    reconnects: int


class Outbound(Protocol):
    """What takes messages to others."""

    @property
    def max_payload(self) -> int:
        """The largest payload that it takes, in bytes."""

    def publish(self, subject: str, payload: bytes, reply: str = "", *, held: bool = False) -> None:
        """Send a message; it leaves in order, together with the others up to the next `push`, or
        at the end of this loop tick.

        While there is no connection, and after `close`, the message is lost.

        reply: where the broker says so (`Message.no_responders`) if nobody listens on the subject.
        held: who sends it sees to the `push`; nothing wakes for it at the end of the tick.

        Raises:
            InvalidSubject: the subject cannot be published to.
            MessageTooLarge: the payload is larger than `max_payload`.
        """

    def push(self) -> None:
        """Let what was published leave now, if the connection takes it."""


class Transport(Outbound, Protocol):
    """A connection that outlives its broker: it reconnects, endlessly, until it is closed."""

    async def subscribe(self, subject: str, handler: Handler, queue: str = "") -> Subscription:
        """Deliver the messages of a subject (wildcards `*` and `>`) to the handler, in order.

        Others' messages come for certain once a `flush` returned.

        queue: each message goes to one subscriber of this queue group only.
        """

    async def flush(self, *subscriptions: Subscription) -> None:
        """Return when everything that was published and subscribed before is with the broker.

        Raises:
            BrokerUnavailable: the connection is lost, or was lost meanwhile.
            NotPermitted: one of these subscriptions was refused by the broker.
        """

    def table(self, name: str) -> Table:
        """A table that all clients of the broker share: a word of letters, digits, `_` and `-`."""

    def journal(self, name: str, subject: str, kept: Kept) -> Journal:
        """A journal that all clients of the broker share.

        name: a word of letters, digits, `_` and `-`. subject: what its records are sent below.
        kept: for how long, if it is made here.
        """

    async def close(self, drain: bool = True) -> None:
        """Close for good. Does nothing the second time.

        drain: first stop new messages, handle those that are here, and send what was published.
        """

    def add_listener(self, listener: Listener) -> None:
        """Tell the listener of losses from now on."""

    def remove_listener(self, listener: Listener) -> None:
        """Tell the listener nothing more."""

    def statistics(self) -> TransportStatistics:
        """Count what was done so far."""


# A blank or a line end in a subject would be read by the broker as another command.
_TOKENS = re.compile(r"[^\s.]+(\.[^\s.]+)*")


@lru_cache(maxsize=4096)
def check_subject(subject: str) -> str:
    """Return the subject.

    Raises:
        InvalidSubject: it is empty, or has a blank or an empty token.
    """
    if not _TOKENS.fullmatch(subject):
        raise InvalidSubject(subject)
    return subject
