"""`Node`: a value outside of services that takes part in the graph."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, Generic, TypeVar

from ...contract import ComputeOptions
from .._core.changes import Changes, OnError, when
from .._core.computed import Computed
from .._core.function import Function
from ..consolidate import kind_of
from ..origin import Origin
from ..running import running_graph

__all__ = ["Node"]

_T = TypeVar("_T")


class Node(Generic[_T]):
    """One result after another, of a body without arguments. Bodies that `use` it depend on it.

    It joins the graph of the running loop when it is used first.
    """

    def __init__(
        self, body: Callable[[], Awaitable[_T]], name: str, options: ComputeOptions | None = None
    ) -> None:
        self._body = body
        self._name = name
        self._options = options if options is not None else ComputeOptions()
        self._joined: Function[_T] | None = None

    def __reduce__(self) -> tuple[Any, ...]:
        """What `copy` and `pickle` take: not its place in a graph (G39)."""
        return type(self), (self._body, self._name, self._options)

    async def use(self) -> _T:
        """The value; the body that calls depends on it."""
        return await self._function().fetch((), alive=self)

    async def computed(self) -> Computed[_T]:
        """The computed behind the value; adds no dependency."""
        return await self._function().computed((), alive=self)

    def peek(self) -> Computed[_T] | None:
        """The computed if it is there; computes nothing."""
        joined = self._live()
        if joined is None:
            return None
        joined.graph.check_thread()
        return joined.peek(())

    def changes(self) -> AsyncIterator[Computed[_T]]:
        """Now, and after each change; bursts coalesce, the last always arrives."""
        return Changes(self._function(), (), alive=self)

    async def when(
        self, predicate: Callable[[_T], bool], *, on_error: OnError = "raise"
    ) -> Computed[_T]:
        """The first computed, from now on, that the predicate accepts; see `Computed.when`."""
        function = self._function()
        changes = Changes(function, (), stale_ok=False, alive=self)
        return await when(changes, predicate, on_error, function.graph.is_transient)

    def _invalidate(self, origin: Origin) -> None:
        joined = self._live()
        if joined is not None:
            joined.invalidate((), origin)

    def _live(self) -> Function[_T] | None:
        """Itself in the graph that it has joined, while that is open."""
        joined = self._joined
        return None if joined is None or joined.graph.closed else joined

    def _function(self) -> Function[_T]:
        joined = self._live()
        if joined is None:
            graph = running_graph()
            kind = kind_of(self._options)
            joined = self._joined = kind(graph, self._name, self._body, options=self._options)
            graph.when_collected(self, (joined,))
        return joined
