"""What a responder serves, in bytes: the room above implements `Servant` (D3, D6c, D21, D28)."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Iterator, Sequence
from itertools import repeat
from typing import Any, NamedTuple, Protocol

from msgspec import Struct, structs

from ...identity import Asker
from ...primitives import new_id
from ...wire.frames import Calls, Encoding, Ending, Kind, Mark, Probe
from ..inbox import Inbox
from ..sending import Sender

__all__ = [
    "Answer",
    "Bodies",
    "Call",
    "Held",
    "Holder",
    "Promise",
    "Replies",
    "Reply",
    "Servant",
    "calls_of",
    "internal",
    "one_of",
]

_log = logging.getLogger("fusionrt")


class Call(NamedTuple):
    """One stream to open. budget: milliseconds that are left to begin it."""

    id: int
    kind: Kind
    method: int
    arguments: bytes
    encoding: Encoding
    operation: str
    budget: int = 0
    headers: tuple[tuple[str, str], ...] = ()


def calls_of(calls: Calls) -> Iterator[Call]:
    """Each call of a frame."""
    operations = calls.operations or repeat("")
    for id, arguments, operation in zip(calls.ids, calls.arguments, operations, strict=False):
        shared = calls.encoding, operation, calls.budget, calls.headers
        yield Call(id, calls.kind, calls.method, arguments, *shared)


def one_of(calls: Calls, index: int) -> Calls:
    """One call of a frame, in a frame of its own."""
    place = slice(index, index + 1)
    return structs.replace(
        calls,
        first=calls.first + index,
        arguments=calls.arguments[place],
        operations=calls.operations[place],
    )


class Promise(Protocol):
    """What the freshness of results hangs on."""

    def proven(self) -> bool:
        """Whether it holds at the moment."""


class Holder(Protocol):
    """Who holds results for a client.

    confides: whether it may be told arguments, lines and identities (D28).
    """

    @property
    def confides(self) -> bool: ...

    def invalidated(self, id: int, reason: str) -> None:
        """One is stale."""


class Held(Protocol):
    """A result that is held for a client until it is invalidated, or nobody wants it (D3)."""

    def hold(self, holder: Holder, id: int) -> None:
        """Tell this holder when it is invalidated; at once if it is. id: what it calls it."""

    def release(self) -> None:
        """Nobody wants it any more."""

    def suspended(self) -> bool:
        """Whether its freshness cannot be proven at the moment (D6c)."""

    def promises(self) -> Iterable[Promise]:
        """What that hangs on; on no more, unless what its servant has `leaned` grew."""

    def on_turn(self, handler: Callable[[], None]) -> Callable[[], None]:
        """Call `handler` when that may have changed, until it is asked for anew; the result ends
        that.
        """


class Answer(NamedTuple):
    """What a body came to, if that is more than the bytes of a result: a failure, or what is held.

    held: what keeps the answer registered, until it is invalidated.
    """

    payload: bytes = b""
    failure: Ending | None = None
    held: Held | None = None


class Bodies(Struct, frozen=True):
    """The calls of a frame that were not answered at once.

    ids: rising. arguments: of each. body: of one call; whatever it raises that is no `Exception`
    ended the call without an answer. answer: what its result is told as. failed: what an error of
    either is told as.
    """

    ids: Sequence[int]
    arguments: Sequence[tuple[Any, ...]]
    body: Callable[..., Awaitable[Any]]
    answer: Callable[[Any], bytes | Answer]
    failed: Callable[[Exception], Answer]


class Replies(Protocol):
    """Takes answers to calls; says nothing of one that nobody wants any more."""

    @property
    def principal(self) -> str:
        """Who calls."""

    @property
    def asker(self) -> Asker:
        """Who makes the calls (W1)."""

    def results(
        self, kind: Kind, method: int, ids: Sequence[int], payloads: Sequence[bytes]
    ) -> None:
        """Calls of a method succeeded."""

    def answers(self, kind: Kind, method: int, answers: Sequence[tuple[int, Answer]]) -> None:
        """Calls of a method were answered, each by its id."""

    def stale(self, id: int, why: Callable[[bool], str]) -> None:
        """What a compute call that runs will return is stale: its client makes it anew (D4), and
        nothing vouches for it meanwhile (D14).

        why: the reason; given whether it may name arguments, lines and identities (D28).
        """

    def wrote(self, id: int, marks: tuple[Mark, ...]) -> None:
        """A call, not answered yet, changed something, also in other services (D15)."""


class Reply(Protocol):
    """Takes the items of one stream; says nothing if nobody wants it any more."""

    @property
    def principal(self) -> str:
        """Who reads it."""

    @property
    def asker(self) -> Asker:
        """Who reads it (W1)."""

    def failure(self, failure: Ending) -> None:
        """It did not begin."""

    def stream(self, *, newest: bool = False) -> Sender:
        """It is a stream: what sends its items, and its end (D18). newest: a slow reader gets the
        newest only.
        """

    def wrote(self, marks: tuple[Mark, ...]) -> None:
        """What its caller sent changed something; its answer follows (D15)."""

    def result(self, payload: bytes, *, command: bool) -> None:
        """It is no stream but for what its caller sends: one item, and the end.

        command: what that invalidated is told before (D15).
        """

    def arriving(self) -> Inbox:
        """What its caller sends with it."""


class Servant(Protocol):
    """Answers the calls of one service."""

    def leaned(self) -> int:
        """Grows whenever the freshness of results that are held comes to hang on more."""

    def answer(self, calls: Calls, replies: Replies) -> Bodies | None:
        """Answer what can be answered now (a hit needs no task), and return the bodies of the rest.

        What it raises is the fault of one of the calls; it did not begin any.
        """

    def probed(self, probe: Probe, asker: Asker) -> None:
        """A client waits for a compute call, and asks what that waits for (D24)."""

    def stream(self, call: Call, reply: Reply) -> Coroutine[Any, Any, None] | None:
        """What produces a stream; None if it failed already."""


def internal(error: BaseException, what: str, *, teller: str = "its host") -> Ending:
    """What is told of an error that is none of the other end's business: where it is logged (D21).

    what: what happened, for that log.
    teller: whose log that is.
    """
    reference = new_id()[:12]
    _log.error("%s; the caller was told the reference %s", what, reference, exc_info=error)
    return Ending("internal", f"it raised an exception; {teller} logged it as {reference}")
