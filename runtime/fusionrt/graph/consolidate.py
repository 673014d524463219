"""`consolidate`: dependants are invalidated only if the recomputed output differs (G26).

What callers see, the target, copies a source that is computed behind it. When the source is
invalidated it is recomputed after a while, though nobody asks: an equal value changes nothing
downstream, anything else invalidates the target. There is no edge between the two, for that would
carry every invalidation; but leases pass (D6b), and whoever asks what was made from what is told.
"""

from __future__ import annotations

import weakref
from collections.abc import Awaitable, Callable, Hashable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, TypeVar

from ..contract import ComputeOptions
from ..primitives import background
from ._core.changes import is_in_vain
from ._core.computed import Computed
from ._core.counts import Counts
from ._core.function import Function, Shows
from ._core.hit import HotTable
from ._core.inner import arguments_of, leases_of
from ._core.invalidate import mark, notify
from ._core.leases import lean
from ._core.scope import SCOPE
from ._core.wildcards import Part, itself
from .equality import is_same
from .origin import Origin, OriginKind
from .state import CONSISTENT

if TYPE_CHECKING:
    from .graph import Graph

__all__ = ["ConsolidatingFunction", "kind_of"]

_T = TypeVar("_T")

_SOURCE: Final = "'s source"

UNFRESH: Final = 1.0
"""Seconds after which a source is recomputed whose body invalidates what it read (G40)."""


def kind_of(options: ComputeOptions) -> type[Function[Any]]:
    """The class of functions that honours the options."""
    return Function if options.consolidate is None else ConsolidatingFunction


class ConsolidatingFunction(Function[_T]):
    """A function whose results outlive invalidations that change nothing."""

    __slots__ = ("_following", "_source", "_window")

    runs_bodies = False

    def __init__(
        self,
        graph: Graph,
        name: str,
        body: Callable[..., Awaitable[_T]],
        *,
        key: Callable[[tuple[Any, ...]], Hashable] = tuple,
        part: Part = itself,
        shows: Shows = (),
        options: ComputeOptions,
        hot: HotTable | None = None,
    ) -> None:
        assert options.consolidate is not None
        self._window = options.consolidate
        outer = ComputeOptions(min_cache=options.min_cache)
        super().__init__(
            graph, name, self._copy, key=key, part=part, shows=shows, options=outer, hot=hot
        )
        inner = replace(options, consolidate=None)
        self._source = _Source(
            graph, name + _SOURCE, body, key=key, part=part, shows=shows, options=inner
        )
        self._source.targets = weakref.ref(self)
        self._source.counts = _Bodies(self.counts)
        # A target must keep its source alive, and the source must not keep the target.
        self._following: weakref.WeakKeyDictionary[Computed[Any], _Following] = (
            weakref.WeakKeyDictionary()
        )

    def mark(self, arguments: tuple[Any, ...], origin: Origin) -> list[Computed[Any]]:
        """Invalidate the source; the target follows if its value changed."""
        return self._source.mark(arguments, origin)

    def mark_all(self, origin: Origin) -> list[Computed[Any]]:
        """Invalidate all sources and targets: whoever invalidates everything knows no values."""
        return [*super().mark_all(origin), *self._source.mark_all(origin)]

    def mark_where(
        self, chosen: Callable[[tuple[Any, ...]], bool], origin: Origin
    ) -> list[Computed[Any]]:
        """Invalidate sources and targets, as `mark_all` does."""
        return [*super().mark_where(chosen, origin), *self._source.mark_where(chosen, origin)]

    def made_from(self, computed: Computed[_T]) -> list[Computed[Any]]:
        following = self._following.get(computed)
        return [] if following is None else [following.source]

    def tally(self) -> tuple[int, int, int]:
        _, computing, hits = super().tally()
        return sum(len(self.made_from(each)) for each in self.all()), computing, hits

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

    def follower_of(self, source: Computed[_T]) -> tuple[Computed[_T], _Following] | None:
        """The target that copies this source, if one holds, and the way between them."""
        target = self.find(self.key(arguments_of(source)))
        following = None if target is None else self._following.get(target)
        if target is None or following is None or following.source is not source:
            return None
        return target, following

    def _follow(self, target: Computed[Any], source: Computed[_T]) -> None:
        following = self._following.get(target)
        if following is None:
            following = self._following[target] = _Following(source)
        else:
            following.source = source
            following.turn()
        if leases_of(source):
            lean(target, following)
        ends: list[Callable[[], None]] = []
        reference = weakref.ref(target, lambda _: [end() for end in ends])
        function = weakref.ref(self)
        graph, window = self.graph, self._window

        def compare() -> None:
            kept, self_ = reference(), function()
            if kept is not None and self_ is not None and kept.state is CONSISTENT:
                background(self_._compare(kept), name=f"fusion consolidates {self_.name}")

        def later(stale: Computed[Any]) -> None:
            if not graph.closed:
                wait = max(window, UNFRESH) if is_in_vain(stale) else window
                graph.loop.call_later(wait, compare)

        ends.append(source.on_invalidated(later))

    async def _compare(self, target: Computed[_T]) -> None:
        SCOPE.set(None)  # the timer was set by whoever invalidated the source
        if target.state is not CONSISTENT:  # since the timer rang
            return
        before, source = self._following[target].source, None
        try:
            # A suspended one is compared, too: to be suspended is not to have changed.
            source = await self._source.computed(arguments_of(target), stale_ok=True)
        finally:  # it may fail by what is no error, or be cancelled
            if target.state is CONSISTENT:
                if source is not None and self._is_equal(source, target):
                    self._follow(target, source)
                else:
                    changed = Origin(OriginKind.EXPIRY, f"{self.name} changed")
                    notify(mark([target], before.origin or changed, before))

    def _is_equal(self, source: Computed[Any], target: Computed[Any]) -> bool:
        if source.error is not None or target.error is not None:
            return False
        return is_same(source.value, target.value, self.graph.report)


class _Source(Function[_T]):
    """Runs the bodies of a consolidating function."""

    __slots__ = ("targets",)

    targets: weakref.ref[ConsolidatingFunction[_T]]

    @property
    def method(self) -> str:
        return self.name.removesuffix(_SOURCE)

    def made_with(self, computed: Computed[_T]) -> list[Computed[Any]]:
        follower = self._follower_of(computed)
        made = super().made_with(computed)
        return made if follower is None else [*made, follower[0]]

    def leans(self, computed: Computed[_T]) -> None:
        follower = self._follower_of(computed)
        if follower is not None:
            target, following = follower
            following.turn()
            lean(target, following)

    def _follower_of(self, source: Computed[_T]) -> tuple[Computed[_T], _Following] | None:
        targets = self.targets()
        return None if targets is None else targets.follower_of(source)


class _Following:
    """A target's way to its source, whichever that is at the moment.

    It is the target's lease, too: what is made from the target is as fresh as the source, and heals
    with the next source, though it is not invalidated (D6b).
    """

    __slots__ = ("_handlers", "source")

    def __init__(self, source: Computed[Any]) -> None:
        self.source = source
        self._handlers: dict[object, Callable[[], None]] = {}

    def live(self) -> bool:
        """Whether the source is known to be fresh, or known to be stale: then the target is fresh
        until the window has passed.
        """
        return self.source.state is not CONSISTENT or self.source.is_consistent

    def proven(self) -> bool:
        """As `Lease.proven`."""
        return not self.source.is_suspended

    async def revalidate(self) -> None:
        """As `Lease.revalidate`."""
        for lease in leases_of(self.source):
            if not lease.live():
                await lease.revalidate()

    def services(self) -> Iterator[str]:
        """As `Lease.services`."""
        for lease in leases_of(self.source):
            yield from lease.services()

    def on_turn(self, handler: Callable[[], None]) -> Callable[[], None]:
        """As `Lease.on_turn`; called for another source, too."""
        self._handlers[token := object()] = handler
        ends = [lease.on_turn(handler) for lease in leases_of(self.source)]

        def unsubscribe() -> None:
            self._handlers.pop(token, None)
            for end in ends:
                end()

        return unsubscribe

    def turn(self) -> None:
        """Tell the handlers that there is another source, or another lease of it."""
        for handler in list(self._handlers.values()):
            handler()


class _Bodies(Counts):
    """The counts of a source: its bodies are those of the target, which counts the reads."""

    __slots__ = ("_target",)

    def __init__(self, target: Counts) -> None:
        self._target = target
        super().__init__()

    @property
    def bodies(self) -> int:
        return self._target.bodies

    @bodies.setter
    def bodies(self, bodies: int) -> None:
        self._target.bodies = bodies
