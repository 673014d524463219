"""Who is calling: the body, or the command, that the running code belongs to (G33)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeVar

from ...native import hand
from ...primitives import running_loop

if TYPE_CHECKING:
    from .computed import Computed

__all__ = [
    "SCOPE",
    "Isolated",
    "Recomputing",
    "Scope",
    "Uncached",
    "innermost",
    "isolated",
    "recompute",
    "run_in",
]

_T = TypeVar("_T")


class Scope(Protocol):
    """What the running code belongs to: a computed whose body runs, or a command."""

    def track(self, used: Computed[Any]) -> bool:
        """Note that `used` was used; False if the cache must not answer (inside a command)."""


SCOPE: Final[ContextVar[Scope | None]] = ContextVar("fusion_scope", default=None)
hand(scope=SCOPE, running_loop=running_loop)


class Isolated:
    """The scope of code in a body that adds no edges to it; that body waits for its calls still.

    around: the scope without it.
    """

    __slots__ = ("around",)

    def __init__(self, around: Scope | None) -> None:
        self.around = around

    def track(self, used: Computed[Any]) -> bool:
        return True


def innermost(scope: Scope | None) -> Scope | None:
    """The body, or the command, of code that may be isolated in it."""
    return scope.around if isinstance(scope, Isolated) else scope


class Uncached:
    """The scope of a body that runs past the cache: nothing is kept of it.

    reading: the compute method whose body it is; None of a command.
    """

    __slots__ = ("is_open", "reading")

    def __init__(self, reading: str | None) -> None:
        self.reading = reading
        self.is_open = True
        """False once that body ended: a task that outlives it is no part of it."""

    def track(self, used: Computed[Any]) -> bool:
        return True


async def run_in(scope: Uncached, body: Callable[[], Awaitable[_T]]) -> _T:
    """Run the body in a scope that ends with it."""
    before = SCOPE.get()
    SCOPE.set(scope)
    try:
        return await body()
    finally:
        scope.is_open = False
        if SCOPE.get() is scope:  # else it is closed in another context, which stays as it is
            SCOPE.set(before)


@contextmanager
def isolated() -> Iterator[None]:
    """Inside this block calls belong to nobody: they add no edges to the body around it."""
    before = SCOPE.get()
    SCOPE.set(Isolated(innermost(before)))
    try:
        yield
    finally:
        SCOPE.set(before)


class Recomputing(Uncached):
    """The scope of a body that runs again; see `fetch_hot`."""

    __slots__ = ()

    def track(self, used: Computed[Any]) -> bool:
        return False  # the hot path would count a use


async def recompute(computed: Computed[Any]) -> Any:
    """What the body returns now, for the same arguments; raises what it raises."""
    body = partial(computed._function.past, computed._arguments)
    return await run_in(Recomputing(computed.key), body)
