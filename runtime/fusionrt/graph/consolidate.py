"""`consolidate`: dependants are invalidated only if the recomputed output differs (G26).

What callers see, the target, copies a source that is computed behind it. When the source is
invalidated it is recomputed after a while, though nobody asks: an equal value changes nothing
downstream, anything else invalidates the target.
"""

from __future__ import annotations

import weakref
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, TypeVar

from ..contract import ComputeOptions
from ..primitives import spawn
from .changes import is_in_vain
from .computed import Computed
from .equality import is_same
from .function import Function
from .hit import Hit
from .invalidate import invalidate
from .leases import lean
from .origin import Origin, OriginKind
from .scope import SCOPE
from .state import CONSISTENT
from .wildcards import Part, itself

if TYPE_CHECKING:
    from .graph import Graph

__all__ = ["ConsolidatingFunction", "kind_of"]

_T = TypeVar("_T")

UNFRESH: Final = 1.0
"""Seconds after which a source is recomputed whose body invalidates what it read (G40)."""


def kind_of(options: ComputeOptions) -> type[Function[Any]]:
    """The class of functions that honours the options."""
    return Function if options.consolidate is None else ConsolidatingFunction


class ConsolidatingFunction(Function[_T]):
    """A function whose results outlive invalidations that change nothing."""

    __slots__ = ("_source", "_sources", "_window")

    runs_bodies = False

    def __init__(
        self,
        graph: Graph,
        name: str,
        body: Callable[..., Awaitable[_T]],
        *,
        key: Callable[[tuple[Any, ...]], Hashable] = tuple,
        part: Part = itself,
        options: ComputeOptions,
        hot: dict[object, Hit] | None = None,
    ) -> None:
        assert options.consolidate is not None
        self._window = options.consolidate
        inner = replace(options, consolidate=None)
        self._source = Function(graph, f"{name}'s source", body, key=key, part=part, options=inner)
        # A target must keep its source alive, and the source must not keep the target.
        self._sources: weakref.WeakKeyDictionary[Computed[Any], Computed[_T]] = (
            weakref.WeakKeyDictionary()
        )
        outer = ComputeOptions(min_cache=options.min_cache)
        super().__init__(graph, name, self._copy, key=key, part=part, options=outer, hot=hot)

    @property
    def bodies(self) -> int:
        return self._source.bodies

    def mark(self, arguments: tuple[Any, ...], origin: Origin) -> list[Computed[Any]]:
        """Invalidate the source; the target follows if its value changed."""
        return self._source.mark(arguments, origin)

    def made_from(self, computed: Computed[_T]) -> list[Computed[Any]]:
        source = self._sources.get(computed)
        return [] if source is None else [source]

    async def past(self, arguments: tuple[Any, ...]) -> _T:
        return await self._source.past(arguments)

    def dispose(self) -> list[Computed[Any]]:
        return [*super().dispose(), *self._source.dispose()]

    async def _copy(self, *arguments: Any) -> _T:
        target = SCOPE.get()
        assert isinstance(target, Computed)
        source = await self._source.computed(arguments)
        self._follow(target, source)
        return source.value

    def _follow(self, target: Computed[Any], source: Computed[_T]) -> None:
        self._sources[target] = source
        for lease in source._leases:
            lean(target, lease)
        reference, function, window = weakref.ref(target), weakref.ref(self), self._window

        def compare() -> None:
            kept, self_ = reference(), function()
            if kept is not None and self_ is not None and kept._state is CONSISTENT:
                spawn(self_._compare(kept), name=f"fusion consolidates {kept.key}")

        def later(_: Computed[Any]) -> None:
            wait = max(window, UNFRESH) if is_in_vain(source) else window
            source._function.graph.loop.call_later(wait, compare)

        source.on_invalidated(later)

    async def _compare(self, target: Computed[_T]) -> None:
        SCOPE.set(None)  # the timer was set by whoever invalidated the source
        before, source = self._sources[target], None
        try:
            source = await self._source.computed(target._arguments)
        finally:  # it may fail by what is no error, or be cancelled
            if target._state is CONSISTENT:
                if source is not None and self._is_equal(source, target):
                    self._follow(target, source)
                else:
                    changed = Origin(OriginKind.EXPIRY, f"{self.name} changed")
                    invalidate(target, before.origin or changed)

    def _is_equal(self, source: Computed[Any], target: Computed[Any]) -> bool:
        if source.error is not None or target.error is not None:
            return False
        return is_same(source._value, target._value, self.graph.report)
