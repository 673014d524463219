"""Who is calling: the body, or the command, that the running code belongs to."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Final, Protocol

if TYPE_CHECKING:
    from .computed import Computed

__all__ = ["SCOPE", "Isolated", "Scope", "isolated"]


class Scope(Protocol):
    """What the running code belongs to: a computed whose body runs, or a command."""

    def track(self, used: Computed[Any]) -> bool:
        """Note that `used` was used; False if the cache must not answer (inside a command)."""


SCOPE: Final[ContextVar[Scope | None]] = ContextVar("fusion_scope", default=None)


class Isolated:
    """The scope of code in a body that adds no edges to it; that body waits for its calls still.

    around: the scope without it.
    """

    __slots__ = ("around",)

    def __init__(self, around: Scope | None) -> None:
        self.around = around

    def track(self, used: Computed[Any]) -> bool:
        return True


@contextmanager
def isolated() -> Iterator[None]:
    """Inside this block calls belong to nobody: they add no edges to the body around it."""
    before = SCOPE.get()
    SCOPE.set(Isolated(before.around if isinstance(before, Isolated) else before))
    try:
        yield
    finally:
        SCOPE.set(before)
