"""What a client session tells the room above; to be applied in this order, synchronously (D5)."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

import msgspec

from .frames import Mark
from .stream_events import Consumed, Ended, ItemsReceived, Unread

__all__ = [
    "ClientEvent",
    "ClientSessionStatistics",
    "Completed",
    "Consumed",
    "Draining",
    "Ended",
    "Failed",
    "Fenced",
    "Gone",
    "Invalidated",
    "ItemsReceived",
    "NoHost",
    "Opened",
    "Outgoing",
    "Resumed",
    "Sources",
    "Suspended",
    "Told",
    "Unread",
    "Unsent",
    "Upstream",
    "Wrote",
]


class Event(msgspec.Struct, frozen=True, gc=False):
    """Something that happened in a session."""


class Opened(Event, frozen=True):
    """A host took the session. iid: its instance id."""

    iid: str


class Completed(Event, frozen=True):
    """Calls have their results, one for each id; they share an `Ask`.

    held: they are registered, their invalidation will be told.
    """

    ids: tuple[int, ...]
    payloads: tuple[bytes, ...]
    held: bool


class Failed(Event, frozen=True):
    """A call failed; `arguments_too_large` comes from here: it was not sent. held: as above."""

    id: int
    code: str
    message: str
    data: bytes
    held: bool


class Invalidated(Event, frozen=True):
    """Results are stale, or not provably fresh for ever (D2).

    completed: false if no results had come: settle the calls and retry them (D4).
    """

    ids: tuple[int, ...]
    reason: str
    completed: bool


class Unsent(Event, frozen=True):
    """The host does not know this call: resend it or fail it by its mode.

    may_have_run: false if it never ran there, and never will; else what came of it was forgotten.
    """

    id: int
    may_have_run: bool = False


class Told(Event, frozen=True):
    """One-way calls are in the message that is sent now; nothing more is heard of them."""

    ids: tuple[int, ...]


class Suspended(Event, frozen=True):
    """Nothing that the session holds is provably fresh any more, for now (D6b)."""


class Resumed(Event, frozen=True):
    """What is still held is proven fresh again."""


class Upstream(Event, frozen=True):
    """The host itself cannot vouch for some of what is held, or can again (D6c)."""

    suspended: frozenset[int]
    resumed: frozenset[int]


class Wrote(Event, frozen=True):
    """Calls of this client changed something, also in other services; their answers follow (D15).

    ids: of the calls; an answer that came before is not named.
    """

    ids: tuple[int, ...]
    marks: tuple[Mark, ...]


class Fenced(Event, frozen=True):
    """What the fence of this number is for is reflected (D15).

    proven: false if some of it is suspended on the host itself, which was told (D6c).
    """

    number: int
    proven: bool


class Sources(Event, frozen=True):
    """Results of the host may be made from those of these services, in other hosts (D15)."""

    services: tuple[str, ...]


class NoHost(Event, frozen=True):
    """Nobody listens where hosts are found; hellos go on."""


class Draining(Event, frozen=True):
    """The host asked its clients to move: open another session, then say `bye` to this (D22)."""


class Gone(Event, frozen=True):
    """The session is over; its last event.

    unsent: calls that never left this process. pending: calls and streams without a result, which
    may have run. held: results, now invalid (D2).
    """

    reason: str
    unsent: tuple[int, ...]
    pending: tuple[int, ...]
    held: tuple[int, ...]


ClientEvent: TypeAlias = (
    Opened
    | Completed
    | Failed
    | Invalidated
    | Unsent
    | Told
    | ItemsReceived
    | Ended
    | Consumed
    | Unread
    | Suspended
    | Resumed
    | Upstream
    | Wrote
    | Fenced
    | Sources
    | NoHost
    | Draining
    | Gone
)


class Outgoing(NamedTuple):
    """A message to send. iid: to this instance's subject; None: to where hosts are found."""

    iid: str | None
    data: bytes


class ClientSessionStatistics(NamedTuple):
    """Counts since the session began; the last three are of now.

    foreign: messages of other sessions. forged: messages without the session's proof (D30).
    damaged: frames that did not decode. dropped: frames about items that were never sent.
    repeated: messages that had come already. skipped: messages dropped at a gap, and until it was
    made up for. registered: calls and held results. waiting: calls that are not sent yet. digest:
    over the ids that the host must have registered: its own is the same, unless something is on its
    way (D12).
    """

    received: int
    foreign: int
    forged: int
    damaged: int
    dropped: int
    repeated: int
    skipped: int
    resyncs: int
    registered: int
    waiting: int
    digest: int
