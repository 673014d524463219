"""What a responder serves, in bytes: the room above implements `Servant` (D3, D6c, D21, D28)."""

from __future__ import annotations

import logging
from collections.abc import Callable, Coroutine, Iterator
from itertools import repeat
from typing import Any, NamedTuple, Protocol

from ...primitives import new_id
from ...wire.frames import Calls, Encoding, Ending, Kind
from .streams import Sender

__all__ = ["Call", "Held", "Reply", "Servant", "calls_of", "internal"]

_log = logging.getLogger("fusionrt")


class Call(NamedTuple):
    """One call to answer."""

    id: int
    kind: Kind
    method: int
    arguments: bytes
    encoding: Encoding
    operation: str


def calls_of(calls: Calls) -> Iterator[Call]:
    """Each call of a frame."""
    operations = calls.operations or repeat("")
    for id, arguments, operation in zip(calls.ids, calls.arguments, operations, strict=False):
        yield Call(id, calls.kind, calls.method, arguments, calls.encoding, operation)


class Held(Protocol):
    """A result that is held for a client until it is invalidated, or nobody wants it (D3)."""

    def subscribe(self, on_invalidated: Callable[[str], None], in_full: bool) -> None:
        """Tell why when it is invalidated; at once if it is.

        in_full: whether that may name arguments, lines and identities (D28).
        """

    def release(self) -> None:
        """Nobody wants it any more."""

    def suspended(self) -> bool:
        """Whether its freshness cannot be proven at the moment (D6c)."""


class Reply(Protocol):
    """Takes the answer to one call; says nothing if nobody wants it any more."""

    def result(self, payload: bytes, held: Held | None = None) -> None:
        """It succeeded. held: what keeps the result registered."""

    def failure(self, failure: Ending, held: Held | None = None) -> None:
        """It failed."""

    def stream(self) -> Sender:
        """It is a stream: what sends its items, and its end (D18)."""


class Servant(Protocol):
    """Answers the calls of one service."""

    def answer(self, call: Call, reply: Reply) -> Coroutine[Any, Any, None] | None:
        """Answer now (a hit needs no task), or return what does it."""


def internal(error: BaseException, what: str) -> Ending:
    """What a caller is told of an error that is none of its business: where it is logged (D21)."""
    reference = new_id()[:12]
    _log.error("%s failed; the caller was told the reference %s", what, reference, exc_info=error)
    return Ending("internal", f"it raised an exception; its host logged it as {reference}")
