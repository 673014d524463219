"""What a client process and a host process say to each other, frame by frame.

On the wire a frame is a msgpack array: an integer tag, then the fields in the order written here.
Nothing in it is of Python only: integers stay within ±2^53, so that JavaScript reads them exactly.
A newer peer may append fields to a frame; the older one ignores them.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Annotated, TypeAlias

import msgspec

__all__ = [
    "LAST_ID",
    "VERSION",
    "Acknowledged",
    "Again",
    "Bye",
    "Calls",
    "Cancel",
    "ClientFrame",
    "Credit",
    "Encoding",
    "End",
    "Ending",
    "Failure",
    "Farewell",
    "Fence",
    "Fenced",
    "Hello",
    "HostFrame",
    "Invalidated",
    "Items",
    "KeepAlive",
    "Kind",
    "Mark",
    "Probe",
    "Reading",
    "Rejected",
    "Results",
    "Resync",
    "Resynced",
    "Sources",
    "Unsubscribe",
    "Welcome",
    "Wrote",
]

VERSION = 4
"""The version of the protocol: both ends must have the same one."""

LAST_ID = 2**53 - 1
"""The largest integer that JavaScript reads exactly."""

Natural: TypeAlias = Annotated[int, msgspec.Meta(ge=0, le=LAST_ID)]
Word: TypeAlias = Annotated[int, msgspec.Meta(ge=0, le=2**32 - 1)]


class Kind(IntEnum):
    """What a call asks for."""

    COMPUTE = 0
    """A result that stays registered on the host until it is invalidated."""
    PLAIN = 1
    COMMAND = 2
    STREAM = 3
    ONEWAY = 4
    """Nobody waits for its end: it is not registered, and nothing is told of it."""
    AHEAD = 5
    """A compute call that begins when a result ends that the client holds: it is stale, most times,
    and who watches it would ask for the next one. It is registered from when it comes."""


class Encoding(IntEnum):
    """How a call's arguments, and so its result, are encoded."""

    MSGPACK = 0
    JSON = 1
    SHOWN = 2
    """As JSON, for people: what is secret in a result is masked."""


class Frame(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One thing said; frames hold only scalars and tuples of them, so the collector skips them."""


# From the client to the host.


class Hello(Frame, frozen=True, tag=0):
    """Ask for a session, or, if one is open, whether its host still knows it.

    number: counts what this session asked (hello, keep-alive, resync); the answer repeats it.
    opened: the instance id that the session is open with, or empty.
    """

    number: Natural
    version: Natural
    opened: str = ""


class Calls(Frame, frozen=True, tag=1):
    """Run a method once for each list of arguments.

    Ids of a session rise with each call and are never used twice: the first of these has the id
    `first`, the others follow one by one.

    method: `method_id` of its name.
    budget: milliseconds that are left; 0 means that time is up.
    operations: of commands, an operation id for each, which survives resending; of compute calls
        that ask whether a result still holds, its `content_id` (D16); of calls that are made ahead,
        the id of the result that each comes after; otherwise empty.
    headers: names and values that all of them carry, such as `traceparent`; most calls carry none,
        and those that do travel in frames of their own.
    """

    first: Natural
    kind: Kind
    method: Word
    arguments: tuple[bytes, ...]
    encoding: Encoding
    budget: Word
    operations: tuple[str, ...] = ()
    headers: tuple[tuple[str, str], ...] = ()

    @property
    def ids(self) -> range:
        """The ids of the calls."""
        return range(self.first, self.first + len(self.arguments))


class Cancel(Frame, frozen=True, tag=2):
    """Nobody waits for this call any more: stop it (D19).

    From the host: nobody reads the items of this call any more, or all have come.
    """

    id: Natural


class Unsubscribe(Frame, frozen=True, tag=3):
    """Nobody holds these results any more (D17)."""

    ids: tuple[Natural, ...]


class Credit(Frame, frozen=True, tag=4):
    """The reader of a stream has consumed all items below this index (D18).

    From the host: of the items that the client sends with a call. The first one says that the body
    has begun to read; the client sends none before.
    """

    id: Natural
    consumed: Natural


class KeepAlive(Frame, frozen=True, tag=5):
    """Prove that you are there, and that we agree on what is registered (D6, D12).

    count, digest: over the ids that the client believes to be registered, as of its last number.
    unpacks: in which forms the client takes large messages made smaller: `zstd`, or none.
    """

    number: Natural
    count: Natural
    digest: Word
    unpacks: tuple[str, ...] = ()


class Reading(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """How far a stream was read. next: the index awaited; consumed: all below were consumed."""

    id: Natural
    next: Natural
    consumed: Natural


class Resync(Frame, frozen=True, tag=6):
    """Something was, or may have been, lost: here is all that the client believes in.

    A long one comes in parts, counted from 0; the host acts on the last one.
    """

    number: Natural
    part: Natural
    last: bool
    held: tuple[Natural, ...]
    pending: tuple[Natural, ...]
    streams: tuple[Reading, ...]


class Bye(Frame, frozen=True, tag=7):
    """The client leaves: forget the session and stop what runs for it."""


class Mark(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """How far a host has changed the results of a service: it names no arguments (D28).

    iid: the host whose commands did it. number: it counts these, for this service.
    """

    service: str
    iid: str
    number: Natural


class Fence(Frame, frozen=True, tag=12):
    """Let what comes after this reflect these changes, and tell when it does (D15).

    Until then no read that came after it is answered.

    number: counts the fences of this session; the answer repeats it.
    hops: hosts that this may be passed on by.
    """

    number: Natural
    marks: tuple[Mark, ...]
    hops: Natural


class Probe(Frame, frozen=True, tag=13):
    """Pass this on by all that the body of this compute call waits for at this moment (D24).

    A host that gets back what it sent waits for itself. method, arguments, encoding: of the call.
    """

    probe: Natural
    method: Word
    arguments: bytes
    encoding: Encoding


# From the host to the client.


class Welcome(Frame, frozen=True, tag=32):
    """Answers a hello, as the first message of a session that the client's next one opens (D30).

    Outside of the sequence (number 0) it invites nobody: I am another host.

    unpacks: in which forms the host takes large messages made smaller: `zstd`, or none.
    """

    number: Natural
    version: Natural
    unpacks: tuple[str, ...] = ()


class Results(Frame, frozen=True, tag=33):
    """Results of calls of one method, one for each id; an empty one is that which the call named,
    by its content (D16).

    kept: they stay registered, and their invalidation will be told (D3).
    """

    method: Word
    ids: tuple[Natural, ...]
    payloads: tuple[bytes, ...]
    kept: bool


class Failure(Frame, frozen=True, tag=34):
    """A call's error, by its code. kept: as with a result, for errors are cached values too."""

    id: Natural
    code: str
    message: str
    data: bytes
    kept: bool


class Invalidated(Frame, frozen=True, tag=35):
    """These results are stale, for one reason; they are no longer registered."""

    ids: tuple[Natural, ...]
    reason: str


class Acknowledged(Frame, frozen=True, tag=36):
    """Answers a keep-alive.

    agrees: count and digest are the host's own; if not, the client resyncs (D12).
    suspended: registrations that the host itself cannot vouch for at the moment (D6c).
    last: false if more of them follow.
    """

    number: Natural
    agrees: bool
    suspended: tuple[Natural, ...]
    last: bool


class Resynced(Frame, frozen=True, tag=37):
    """Answers a resync; what the client lacks follows. gone: listed ids that are unknown (D2).

    last: false if more of them follow.
    forgotten: ids above it that are gone never ran, and never will; of the others it may have been
        forgotten what they came to (D13).
    """

    number: Natural
    gone: tuple[Natural, ...]
    last: bool
    forgotten: Natural = 0


class Items(Frame, frozen=True, tag=38):
    """Items of a stream, counted from 0; or those that a client sends with a call.

    Of a client: without any it says that there were so many, in case the last were lost.

    index: of the first of these. skipped: items before them that were not sent, for newer ones came
        before the reader had credit for them.
    """

    id: Natural
    index: Natural
    payloads: tuple[bytes, ...]
    skipped: Natural = 0


class Ending(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The error that ended a stream."""

    code: str
    message: str
    data: bytes = b""


class End(Frame, frozen=True, tag=39):
    """A stream's end, or that of what a client sends with a call.

    index: how many items it had, so that a lost tail is seen.
    """

    id: Natural
    index: Natural
    failure: Ending | None


class Farewell(Frame, frozen=True, tag=40):
    """The host drains: it finishes what it runs, the client should move (D22)."""


class Rejected(Frame, frozen=True, tag=41):
    """Outside of the sequence: there is no such session here, for this reason (D2)."""

    reason: str


class Again(Frame, frozen=True, tag=42):
    """Of the items that a client sends with a call some are missing, or may be: send those from
    `next` on (D18). consumed: all below were.
    """

    id: Natural
    next: Natural
    consumed: Natural


class Wrote(Frame, frozen=True, tag=48):
    """Calls, by their ids, changed something, also in other services: their answers follow (D15).

    marks: how far; of a call that is not named, its answer was told before.
    """

    ids: tuple[Natural, ...]
    marks: tuple[Mark, ...]


class Fenced(Frame, frozen=True, tag=49):
    """Answers a fence: what it made stale was told before (D15).

    proven: false if the host cannot vouch for some of its results itself; which, was told (D6c).
    """

    number: Natural
    proven: bool


class Sources(Frame, frozen=True, tag=50):
    """The results of this host may be made from those of these services, which other hosts serve,
    too (D15).
    """

    services: tuple[str, ...]


ClientFrame: TypeAlias = (
    Hello
    | Calls
    | Cancel
    | Unsubscribe
    | Credit
    | KeepAlive
    | Resync
    | Bye
    | Items
    | End
    | Fence
    | Probe
)
HostFrame: TypeAlias = (
    Welcome
    | Results
    | Failure
    | Invalidated
    | Acknowledged
    | Resynced
    | Items
    | End
    | Farewell
    | Rejected
    | Again
    | Cancel
    | Credit
    | Wrote
    | Fenced
    | Sources
)
