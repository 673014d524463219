"""Interceptors: code of the user's around every call, on the side that runs it and that makes it.

Only where there is a body to run, or a host to ask: what the cache answers, it answers without
them. A process without interceptors does not come here at all.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping
from contextlib import suppress
from contextvars import ContextVar
from enum import StrEnum
from functools import partial
from typing import Any, Final, Protocol, TypeAlias

from .annotations import signature_of
from .primitives import now

__all__ = [
    "Call",
    "CallKind",
    "Incoming",
    "Interceptor",
    "Next",
    "Side",
    "arriving",
    "attach",
    "checked",
    "incoming",
    "intercepted",
    "name_of",
]


class CallKind(StrEnum):
    """What is called."""

    COMPUTE = "compute"
    PLAIN = "plain"
    ONEWAY = "one-way"
    COMMAND = "command"
    STREAM = "stream"


class Side(StrEnum):
    """Where an interceptor stands."""

    HOST = "host"
    """Around a body, whoever called it: another process, or code in this one."""
    CLIENT = "client"
    """Around a call of another process."""


class Call:
    """What an interceptor may know of a call.

    service, method: their names. kind: what the method is. side: where the interceptor stands.
    principal: who calls: on the host that of the client's process, or this process's own. Of a
        compute method it is whoever came first: others get the same result from the cache, without
        an interceptor. So never let it decide what a compute method returns (W1).
    arguments: one for each parameter, in the declared order, defaults filled in.
    is_remote: whether it goes from one process to another. On the host not so: calls that come from
        the same process, such as those that a body makes for a call that did.
    headers: what travels with the call, short texts by short names. On the client's side what an
        interceptor adds before `next()` reaches the host's; a call without any costs nothing.
    operation: of a command, the id of its operation; on the host the one that `operation.id` is in
        its body, so of a command in a command the outer one's, and with the name of the principal
        that sent it behind an `@`, unless that is `anonymous`. None of other calls.
    """

    __slots__ = (
        "_arguments",
        "_due",
        "headers",
        "is_remote",
        "kind",
        "method",
        "operation",
        "principal",
        "service",
        "side",
    )

    def __init__(
        self,
        service: str,
        method: str,
        kind: CallKind,
        side: Side,
        arguments: Callable[[], tuple[Any, ...]] | tuple[Any, ...],
        *,
        principal: str,
        is_remote: bool,
        headers: Mapping[str, str] | None = None,
        due: float | None = None,
        operation: str | None = None,
    ) -> None:
        """arguments: or what tells them. due: when its time is up, on the loop's clock."""
        self.service: Final = service
        self.method: Final = method
        self.kind: Final = kind
        self.side: Final = side
        self.principal: Final = principal
        self.is_remote: Final = is_remote
        self.operation: Final = operation
        self.headers: dict[str, str] = dict(headers or ())
        self._arguments = arguments
        self._due = due

    @property
    def arguments(self) -> tuple[Any, ...]:
        """One for each parameter, in the declared order."""
        if not isinstance(self._arguments, tuple):
            self._arguments = self._arguments()
        return self._arguments

    @property
    def remaining(self) -> float | None:
        """Seconds that are left for it, 0 if its time is up; None if nobody limited it."""
        return None if self._due is None else max(0.0, self._due - now())

    def __repr__(self) -> str:
        return f"<Call {self.service}.{self.method}: {self.kind}, {self.side}>"  # no arguments


Next: TypeAlias = Callable[[], Awaitable[Any]]
"""Makes the call, or asks the next interceptor to. Of a stream it returns None at its end."""


class Interceptor(Protocol):
    """`async def audit(call, next)`: what runs instead of a call, and makes it by `await next()`.

    It returns what the caller gets; what it raises, the caller gets as if the body had raised it.
    Around a compute method its result, or its error, is what is cached, and what it reads the
    result is made from. Around a stream it runs until the stream is over, and so it does where
    something comes before one; items pass it by, and what it returns is ignored. Around a command
    it encloses all attempts, the commit and what follows it: when `next()` returns, all is done.
    `next` may be called again: that is another call, with the same iterator if it is sent one; but
    a command is one operation, and once that has succeeded it does not run again, but gives its
    result (O13).

    One that has a method `attach(graph: Graph)` gets the host's graph by it, when that is entered,
    or when the service is served that it is for.
    """

    def __call__(self, call: Call, next: Next, /) -> Awaitable[Any]: ...


def checked(interceptors: Iterable[Interceptor]) -> tuple[Interceptor, ...]:
    """The interceptors, the outermost first.

    Raises:
        TypeError: one of them is none.
    """
    kept = tuple(interceptors)
    for each in kept:
        try:
            signature_of(each).bind(None, None)
        except TypeError:
            raise TypeError(
                f"{each!r} is no interceptor: write `async def name(call, next)`, "
                "which returns `await next()`"
            ) from None
    return kept


def name_of(interceptor: Interceptor) -> str:
    """What people call it."""
    name: str = getattr(interceptor, "__qualname__", type(interceptor).__qualname__)
    return name


def attach(interceptor: Interceptor, graph: object) -> None:
    """Give it the host's graph, if it wants that."""
    wants: Callable[[object], None] | None = getattr(interceptor, "attach", None)
    if wants is not None:
        wants(graph)


def intercepted(
    interceptors: Iterable[Interceptor], call: Call, body: Callable[[], Awaitable[Any]]
) -> Awaitable[Any]:
    """The call, through all of them; the first is the outermost."""
    made: Next = body
    for interceptor in reversed(tuple(interceptors)):
        made = partial(interceptor, call, made)
    return made()


class Incoming:
    """What came with a call from another process; of interest to the interceptors on the host.

    headers: taken by the first call that is made for it: that is it, others are of its making.
    is_open: False once its body has ended: a task that outlives it is no part of it.
    """

    __slots__ = ("due", "headers", "is_open", "principal")

    def __init__(
        self, principal: str, headers: Mapping[str, str] | None, due: float | None
    ) -> None:
        self.principal: Final = principal
        self.headers = headers
        self.due: Final = due
        self.is_open = True


_INCOMING: Final[ContextVar[Incoming | None]] = ContextVar("fusion incoming", default=None)


def incoming() -> Incoming | None:
    """What came with the call that the running code belongs to; None of one in this process."""
    came = _INCOMING.get()
    return came if came is not None and came.is_open else None


def arriving(
    body: Callable[..., Awaitable[Any]],
    principal: str,
    headers: Mapping[str, str] | None,
    due: float | None,
) -> Callable[..., Coroutine[Any, Any, Any]]:
    """The body of a call from another process, in which `incoming` tells this."""

    async def told(*arguments: Any) -> Any:
        came = Incoming(principal, headers, due)
        token = _INCOMING.set(came)
        try:
            return await body(*arguments)
        finally:
            came.is_open = False
            with suppress(ValueError):  # closed in another context, which ends with it
                _INCOMING.reset(token)

    return told
