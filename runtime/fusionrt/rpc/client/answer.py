"""What is asked, what is made of what comes back, and who gives up stops its host (D19)."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final, Self, TypeVar

import msgspec

from ...errors import (
    CallTimeout,
    FusionError,
    OutcomeUnknown,
    Overloaded,
    Refused,
    RemoteUnavailable,
)
from ...wire import runs
from ...wire.frames import Ending, Kind, Mark
from ..failed import Failed
from .registration import Registration

if TYPE_CHECKING:
    from .session import Session

__all__ = ["Ask", "Pending", "doubted", "in_doubt"]


TRIES: Final = 3
"""How often a result may be stale before it is there, until its caller takes what comes (D23)."""

_E = TypeVar("_E", bound=Exception)


class Ask(runs.Ask):
    """What calls have in common, and what their callers get for what comes back: here, the bytes
    of a result as they came. A typed client has its own.
    """

    __slots__ = ()

    def decode(self, payload: bytes) -> Any:
        """The value of a result; whatever this raises is the outcome of the call."""
        return payload

    def decode_all(self, payloads: Sequence[bytes]) -> Sequence[Any]:
        """The values of many, in order; if this raises, they are decoded one by one."""
        return payloads

    def error(self, failure: Ending) -> Exception:
        """What a failure raises."""
        return Failed(failure)

    def late(self, *, may_have_run: bool = True) -> Exception:
        """What a call raises whose time is up."""
        return TimeoutError()


def in_doubt(ask: runs.Ask, error: FusionError) -> FusionError:
    """What a call raises that may have run where this happened (D13).

    What may run twice, and a stream, which is seen to have begun, raise the same kind of error.
    """
    if ask.repeats or (ask.kind is Kind.STREAM and not ask.single):
        return doubted(error)
    if not isinstance(error, RemoteUnavailable) or error.may_have_run:
        return error
    return OutcomeUnknown(error.service, error.problem)


def doubted(error: _E) -> _E | RemoteUnavailable:
    """What is raised by a call that failed so, but may have run before that."""
    if isinstance(error, Overloaded | CallTimeout | Refused):
        error.may_have_run = True
    elif isinstance(error, RemoteUnavailable) and not error.may_have_run:  # others raise it, too
        return RemoteUnavailable(error.service, error.problem, may_have_run=True)
    return error


class Pending(msgspec.Struct, eq=False):
    """A call without an answer yet.

    due: when its caller has waited long enough. registration: what a compute call's result will be
    held by. session, id: where it was sent. lost: how many hosts were lost while they ran it.
    wrote: what it changed, also in other services (D15).
    doubtful: it may have run, wherever it waits now.
    stale: how often its result was stale before it was there.
    """

    ask: Ask
    arguments: bytes
    deadline: float
    operation: str
    answer: asyncio.Future[Any]
    due: float = math.inf
    registration: Registration | None = None
    session: Session | None = None
    id: int = 0
    lost: int = 0
    wrote: tuple[Mark, ...] = ()
    doubtful: bool = False
    stale: int = 0

    @property
    def request(self) -> Self:
        """What it asks."""
        return self

    @property
    def may_start_again(self) -> bool:
        """Whether it may be asked of another host when its own is lost (D13)."""
        return self.ask.repeats

    def settle(self, payload: bytes) -> None:
        """The result is here."""
        try:
            value = self.ask.decode(payload)
        except Exception as error:
            self.fail(error)
        else:
            if not self.answer.done():
                self.answer.set_result(value)

    def told(self) -> None:
        """It was sent, and nobody waits for more."""
        if not self.answer.done():
            self.answer.set_result(None)

    def refuse(self, failure: Ending) -> None:
        """Its host, or this process, says that there is no result."""
        try:
            error = self.ask.error(failure)
        except Exception as problem:
            error = problem
        self.fail(error)

    def fail(self, error: Exception) -> None:
        """There is no result, and will be none."""
        if self.doubtful:
            error = doubted(error)
        if isinstance(error, StopIteration):
            error = RuntimeError(f"its outcome is a {type(error).__name__}, which nothing awaits")
        if not self.answer.done():
            self.answer.set_exception(error)

    def outdated(self, reason: str) -> None:
        """What its host read is stale, and it is to be made anew: at the last try it takes what
        comes, which no replica is filled with (D23).
        """
        self.stale += 1
        if self.stale == TRIES:
            self.ask = self.ask.anyway()
            if self.registration is not None:
                self.registration.invalidated(reason)

    def probe(self, probe: int) -> None:
        """Ask its host whether what it runs waits for something; see `Probe` (D24)."""
        if self.session is not None:
            self.session.probe(self, probe)

    def give_up(self) -> None:
        """Nobody waits for it any more: its host stops (D19)."""
        if self.answer.done() and not self.answer.cancelled():
            self.answer.exception()  # came too late to be seen: not an error that got lost
        if self.session is not None:
            self.session.cancel(self)
