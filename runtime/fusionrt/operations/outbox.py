"""Events: what a command asks to be done once it is committed, and is not forgotten (O16).

A log that has transactions stores them with what the command wrote; its open log hands each that is
due to one handler at a time, again and again until that has succeeded or was tried enough.
"""

from __future__ import annotations

import math
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal, Protocol

from ..errors import ArgumentError, WireError
from ..options import seconds
from ..primitives import new_id
from ..values.codecs import codec

__all__ = [
    "TRIES",
    "Conflict",
    "EventHandler",
    "NewEvent",
    "Outbox",
    "checked_subject",
    "event_name",
    "new_event",
]

TRIES: Final = 5

Conflict = Literal["fail", "skip", "update"]
"""What becomes of an event whose id is stored already."""

# It is a header of NATS, too.
_ID: Final = re.compile(r"[!-~]{1,200}", re.ASCII)
_NAME: Final = re.compile(r"[\w-]+(\.[\w-]+)*", re.ASCII)


@dataclass(frozen=True, slots=True)
class NewEvent:
    """An event that is about to be stored.

    type: its name. value: as its codec encodes it.
    due: not before; a moment in seconds since 1970, or seconds from now if `delayed`.
    every: seconds of a window of which one event is stored, at its end; 0 for none.
    """

    id: str
    type: str
    value: bytes
    due: float
    delayed: bool
    every: float
    conflict: Conflict


class Outbox(Protocol):
    """The transaction of an operation, for its events."""

    async def event(self, event: NewEvent) -> str:
        """Store it with what the command writes; its id.

        Raises:
            EventExists: one of its id is there, and is not to be left or changed.
        """


@dataclass(frozen=True, slots=True)
class EventHandler:
    """What is done with the events of one type.

    name: of the type `of`. run: takes an event and its id.
    tries: how often it is tried. outages: errors that are none of the event's, and count as no try.
    """

    name: str
    of: type[Any]
    run: Callable[[Any, str], Awaitable[object]]
    tries: int = TRIES
    outages: tuple[type[Exception], ...] = ()

    async def __call__(self, id: str, value: bytes) -> None:
        """Do it.

        Raises:
            WireError: the value is not one of the type, as it is declared here.
        """
        await self.run(codec(self.of).decode(value), id)


def event_name(type: type[Any]) -> str:
    """What events of a type are stored as: its `__event__`, or else the name of the class.

    Raises:
        ArgumentError: no class of one's own, or not words of letters, digits, `_` and `-`.
    """
    if not isinstance(type, _CLASS) or type.__module__ == "builtins":
        raise ArgumentError("event", f"{type!r} is no class of yours: declare one, a dataclass")
    name = vars(type).get("__event__", type.__name__)
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        problem = f"{type.__name__}.__event__: words of letters, digits, `_` and `-`, with dots"
        raise ArgumentError("event", problem)
    return name


_CLASS: Final = type


def checked_subject(subject: str) -> str:
    """Where events are told.

    Raises:
        ArgumentError: not words of letters, digits, `_` and `-`.
    """
    if not isinstance(subject, str) or not _NAME.fullmatch(subject):
        raise ArgumentError("relay", "subject: words of letters, digits, `_` and `-`, with dots")
    return subject


def new_event(
    event: object,
    id: str | None,
    after: float | timedelta | datetime,
    every: float,
    conflict: Conflict,
) -> NewEvent:
    """See `CurrentOperation.event`.

    Raises:
        ArgumentError: one of them is none of what it should be.
        UnsupportedType: the event cannot travel.
    """
    if seconds("event", "every", every, zero=True) == math.inf or (every and conflict != "fail"):
        raise ArgumentError("event", "every: seconds, and without a conflict: a window has one")
    if conflict not in ("fail", "skip", "update"):
        raise ArgumentError("event", "conflict: expected 'fail', 'skip' or 'update'")
    name = event_name(type(event))
    if id is None:
        id = name if every else new_id()
    if not isinstance(id, str) or not _ID.fullmatch(id):
        raise ArgumentError("event", "id: expected 1 to 200 visible characters of ASCII")
    due, delayed = _due(after)
    return NewEvent(id, name, _encoded(event), due, delayed, float(every), conflict)


def _encoded(event: object) -> bytes:
    """As it is stored: once its command has committed, it is too late to say what is wrong."""
    travels = codec(type(event))
    try:
        value = travels.encode(event)
        travels.decode(value)
    except (WireError, OverflowError, UnicodeError) as problem:
        told = "a value cannot be stored" if travels.hides else str(problem)
        raise ArgumentError("event", f"{type(event).__name__}: {told}") from None
    return value


def _due(after: float | timedelta | datetime) -> tuple[float, bool]:
    if isinstance(after, datetime):
        if after.tzinfo is None:
            raise ArgumentError("event", "after: a datetime with a time zone, or seconds")
        return after.timestamp(), False
    given = after.total_seconds() if isinstance(after, timedelta) else after
    if seconds("event", "after", given, zero=True) == math.inf:
        raise ArgumentError("event", "after: for ever is no time")
    return given, True
