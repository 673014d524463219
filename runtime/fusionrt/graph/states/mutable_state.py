"""`MutableState` and `computed(…)`: values outside of services."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, TypeVar

from ...contract import ComputeOptions
from ..equality import is_same
from ..origin import Origin, OriginKind, calling_line
from .node import Node

__all__ = ["ComputedNode", "MutableState", "computed"]

_T = TypeVar("_T")

_log = logging.getLogger("fusionrt")


class MutableState(Node[_T]):
    """A value that can be set; bodies that `use` it are invalidated when it changes (G27)."""

    def __init__(self, value: _T, *, name: str = "state") -> None:
        cell = self._cell = [value]

        async def read() -> _T:  # refers to the value only: a graph keeps no state alive
            return cell[0]

        super().__init__(read, name)

    def __reduce__(self) -> tuple[Any, ...]:
        return partial(type(self), name=self._name), (self.value,)

    @property
    def value(self) -> _T:
        """The value now; reading it makes no dependency."""
        return self._cell[0]

    def set(self, value: _T) -> None:
        """Change the value; an equal one does nothing. From here on every read sees it.

        Raises:
            WrongThread: it is used in a graph of another thread.
        """
        joined = self._live()
        if joined is not None:
            joined.graph.check_thread()
        if not is_same(value, self._cell[0], self._report):
            self._cell[0] = value
            self._invalidate(Origin(OriginKind.STATE, f"set at {calling_line(1)}"))

    def _report(self, message: str, problem: BaseException) -> None:
        joined = self._live()
        if joined is not None:
            joined.graph.report(f"{self._name}: {message}", problem)
        else:
            _log.error("%s: %s", self._name, message, exc_info=problem)


class ComputedNode(Node[_T]):
    """What `computed` returns."""

    def invalidate(self) -> None:
        """Mark the result stale, and everything made from it."""
        self._invalidate(Origin(OriginKind.CALL, f"invalidated at {calling_line(1)}"))


def computed(
    body: Callable[[], Awaitable[_T]],
    *,
    name: str | None = None,
    options: ComputeOptions | None = None,
) -> ComputedNode[_T]:
    """A compute method without a service: cached, tracked, invalidatable.

        busiest = computed(lambda: carts.total(most_active))
        print(await busiest.use())

    name: what it is called in the event log and in explanations; default: the body's name.
    """
    if name is None:
        name = str(getattr(body, "__qualname__", "computed"))
    return ComputedNode(body, name, options)
