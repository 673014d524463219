"""What a client asked for, as a host's session tells the room above."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

import msgspec

from .frames import Calls, Mark, Probe
from .stream_events import Consumed, Ended, ItemsReceived

__all__ = [
    "CallCancelled",
    "CallsReceived",
    "Closed",
    "Consumed",
    "Ended",
    "FenceReceived",
    "HostEvent",
    "HostSessionStatistics",
    "ItemsReceived",
    "KeepAliveReceived",
    "ProbeReceived",
    "Refused",
    "Unsubscribed",
]


class Event(msgspec.Struct, frozen=True, gc=False):
    """Something that a client wants."""


class CallsReceived(Event, frozen=True):
    """Run these; they are registered already (D3).

    deadline: on the clock that the session is told.
    """

    calls: Calls
    deadline: float


class Refused(Event, frozen=True):
    """So many streams were refused, for as many are open as may be (D27)."""

    count: int


class CallCancelled(Event, frozen=True):
    """Nobody waits for this call or reads this stream any more: stop it (D19)."""

    id: int


class Unsubscribed(Event, frozen=True):
    """Nobody holds these results any more: let go of their computeds (D17)."""

    ids: tuple[int, ...]


class KeepAliveReceived(Event, frozen=True):
    """The client wants proof: hand this to `acknowledge`, with what is suspended upstream."""

    number: int
    agrees: bool


class FenceReceived(Event, frozen=True):
    """Say `fenced` when these changes are reflected; till then answer no read that came after this.

    hops: hosts that this may be passed on by. computing: whether compute calls that came before it
        have no answer.
    """

    number: int
    marks: tuple[Mark, ...]
    hops: int
    computing: bool


class ProbeReceived(Event, frozen=True):
    """Somebody waits for a call, and asks what that waits for (D24)."""

    probe: Probe


class Closed(Event, frozen=True):
    """The session is over: stop what runs, let go of what is held, forget the session."""

    reason: str
    running: tuple[int, ...]
    held: tuple[int, ...]


HostEvent: TypeAlias = (
    CallsReceived
    | Refused
    | CallCancelled
    | Unsubscribed
    | Consumed
    | ItemsReceived
    | Ended
    | KeepAliveReceived
    | FenceReceived
    | ProbeReceived
    | Closed
)


class HostSessionStatistics(NamedTuple):
    """Counts since the session began; the last three are of now.

    dropped: frames that did not decode, or came twice. registered: calls, and results that are
    held. kept_bytes: of what is kept to be sent again. digest: over the registered ids (D12).
    """

    received: int
    sent: int
    dropped: int
    resyncs: int
    registered: int
    kept_bytes: int
    digest: int
