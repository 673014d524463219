"""`Function`: one compute method of one service instance, with the table of its results.

At most one of a key is not Invalidated (G3); it is found from the moment its body starts (G4).
"""

from __future__ import annotations

import logging
import weakref
from collections.abc import Awaitable, Callable, Coroutine, Hashable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from ...contract import ComputeOptions
from ...errors import ServiceDisposed
from ...native import hand, twin
from ...primitives import Term
from ..events import EventKind
from ..origin import Origin, OriginKind
from ..state import CONSISTENT, INVALIDATED, NONE_HELD
from .computed import Computed
from .conclude import conclude
from .edges import add_dependant
from .execute import failed
from .fetch_hot import fetch_hot
from .hit import Hit, HotTable
from .invalidate import mark, notify
from .leases import Lease
from .retention import Sieve
from .wildcards import Index, Part, itself, named_by

if TYPE_CHECKING:
    from ..graph import Graph

__all__ = ["Function"]

_T = TypeVar("_T")

Shows = Sequence[Callable[[Any], str] | None]

_log = logging.getLogger("fusionrt")

_NO_INDEXES: dict[tuple[int, ...], Index] = {}

ERROR_TTL = 30.0
TRANSIENT_ERROR_TTL = 1.0


@twin
class FunctionFields:
    """Those of a `Function`."""

    __slots__ = (
        "__weakref__",
        "apart",
        "body",
        "counts",
        "delay",
        "disposed",
        "graph",
        "hot",
        "indexes",
        "kept",
        "key",
        "name",
        "options",
        "part",
        "replicates",
        "shows",
        "sources",
        "table",
        "told",
        "watched",
        "weak",
    )


class Function(FunctionFields, Generic[_T]):
    """A cached asynchronous function of normalised arguments.

    name: for people, such as `carts.total`.
    body: computes the value; must keep its service alive only while it runs (G31).
    key: what names a computed in the table, from normalised arguments (G32).
    part: what names one of these arguments.
    shows: what makes the text of an argument, where `repr` may not; see `call_text`.
    hot: where the hits for the hot path go, by key; None if raw arguments are no keys.
    """

    __slots__ = ()

    runs_bodies: ClassVar[bool] = True
    """Whether `body` is what a user wrote, for the counts."""

    def __init__(
        self,
        graph: Graph,
        name: str,
        body: Callable[..., Awaitable[_T]],
        *,
        key: Callable[[tuple[Any, ...]], Hashable] = tuple,
        part: Part = itself,
        shows: Shows = (),
        options: ComputeOptions | None = None,
        hot: HotTable | None = None,
    ) -> None:
        self.graph = graph
        self.name = name
        self.body = body
        self.key = key
        self.part = part
        self.shows = shows
        self.options = options if options is not None else ComputeOptions()
        self.hot = hot
        self.delay = self.options.invalidation_delay or 0.0
        self.table: dict[object, Computed[_T]] = {}
        """What is kept, and what is being computed, by key."""
        self.kept = Sieve(graph.room, min_cached=self.options.min_cache is not None)
        self.indexes = _NO_INDEXES
        """Of what is in the table, by the positions that wildcards have named."""
        self.weak: weakref.WeakValueDictionary[object, Computed[_T]] = NONE_HELD
        """Results that are not kept any more, while somebody holds them (G34)."""
        self.disposed = False
        self.apart = False
        """Whether its bodies run in tasks of their own; see execute.py."""
        self.told = False
        """Whether it was told of what its bodies do; see `tell_in_vain`."""
        self.watched: dict[object, dict[Callable[[Origin], None], None]] = {}
        """By key: who is told as soon as the body that runs is flagged."""
        self.counts = graph.counts_of(name)
        self.sources = graph.sources(name.partition(".")[0])
        """Of its service: see `Graph.sources`."""
        self.replicates = False
        """Whether its results stand for those of another process."""
        graph.functions[self] = None

    @property
    def method(self) -> str:
        """The name of the method whose body it runs."""
        return self.name

    @property
    def bodies(self) -> int:
        """How often the body was run."""
        return self.counts.bodies

    # -- calls --

    def fetch(
        self, arguments: tuple[Any, ...], alive: object = None, stale_ok: bool = False
    ) -> Coroutine[Any, Any, _T]:
        """The value; inside a body, that body depends on it.

        alive: is kept alive until the call ends.
        """
        return fetch_hot(self, arguments, True, alive, stale_ok)

    def computed(
        self, arguments: tuple[Any, ...], alive: object = None, stale_ok: bool = False
    ) -> Coroutine[Any, Any, Computed[_T]]:
        """The computed, whatever its outcome; adds no edge (G21)."""
        return fetch_hot(self, arguments, False, alive, stale_ok)

    def watch(self, key: object, handler: Callable[[Origin], None]) -> None:
        """Call `handler`, until `unwatch`, when a body of this key runs whose result will be stale
        (G5): why. Others are told when it has ended.
        """
        self.watched.setdefault(key, {})[handler] = None

    def unwatch(self, key: object, handler: Callable[[Origin], None]) -> None:
        """End that."""
        handlers = self.watched[key]
        del handlers[handler]
        if not handlers:
            del self.watched[key]

    def tell_flagged(self, computed: Computed[_T]) -> None:
        """The body of that one runs, and its result will be stale."""
        origin = computed._origin
        assert origin is not None
        for handler in list(self.watched.get(computed._key, ())):
            handler(origin)

    def peek(self, arguments: tuple[Any, ...]) -> Computed[_T] | None:
        """The Consistent computed, if there is one."""
        computed = self.find(self.key(arguments))
        return computed if computed is not None and computed._state is CONSISTENT else None

    def made_from(self, computed: Computed[_T]) -> list[Computed[Any]]:
        """What it was made from."""
        return computed._dependencies

    def made_with(self, computed: Computed[_T]) -> list[Computed[Any]]:
        """What was made from it, so far as it holds."""
        return [*computed._dependants, *(computed._weak_dependants or ())]

    def leant_on(self, leases: Iterable[Lease]) -> None:
        """A result was made that is no fresher than these."""
        for lease in leases:
            self.sources.update(lease.services())

    def leans(self, computed: Computed[_T]) -> None:
        """A Consistent computed of it leans on one more lease."""

    async def past(self, arguments: tuple[Any, ...]) -> _T:
        """What the body returns, past the cache."""
        return await self.body(*arguments)

    # -- invalidation --

    def invalidate(self, arguments: tuple[Any, ...], origin: Origin) -> None:
        """Invalidate the result for these arguments; each `ANY` among them matches every value."""
        notify(self.mark(arguments, origin))

    def mark(self, arguments: tuple[Any, ...], origin: Origin) -> list[Computed[Any]]:
        """The first phase of `invalidate`: the caller must `notify` what it gets."""
        self.graph.check_thread()
        positions = named_by(arguments)
        if len(positions) == len(arguments):
            computed = self.find(self.key(arguments))
            return [] if computed is None else mark([computed], origin)
        return mark(self._matching(positions, arguments) if positions else self.all(), origin)

    def _matching(self, positions: tuple[int, ...], pattern: tuple[Any, ...]) -> list[Computed[_T]]:
        """What a wildcard hits; of what is not kept but held, each is looked at (G36)."""
        index = self.indexes.get(positions)
        if index is None:
            if self.indexes is _NO_INDEXES:
                self.indexes = {}
            index = self.indexes[positions] = Index(positions, self.part, self.table.values())
        found = list(index.matching(pattern))
        if self.weak:
            name = index.named(pattern)
            held = self.weak.values()
            found += [computed for computed in held if index.named(computed._arguments) == name]
        return found

    def mark_all(self, origin: Origin) -> list[Computed[Any]]:
        """As `mark`, for every result."""
        self.graph.check_thread()
        return mark(self.all(), origin)

    def mark_where(
        self, chosen: Callable[[tuple[Any, ...]], bool], origin: Origin
    ) -> list[Computed[Any]]:
        """As `mark`, for the results of the arguments that are chosen."""
        self.graph.check_thread()
        return mark([each for each in self.all() if chosen(each._arguments)], origin)

    def tell_in_vain(self, computed: Computed[_T], origin: Origin) -> None:
        """The body of that result invalidated what it had read: tell it once (G40)."""
        if not self.told:
            self.told = True
            _log.warning(
                "the body of %s invalidates what it read (%s): its result is never cached; who "
                "watches it waits longer and longer. Invalidate in a command, or read afterwards",
                computed.key,
                origin,
            )

    def dispose(self) -> list[Computed[Any]]:
        """The service is gone: its results count as invalidated, and calls fail (G29, G31).

        The caller must `notify` the result.
        """
        self.disposed = True
        return self.mark_all(Origin(OriginKind.DISPOSED, f"{self.name}: the service is gone"))

    def check_usable(self, *, to_look: bool = False) -> None:
        """Raise if nothing can be computed any more, or looked at.

        Raises:
            ServiceDisposed: the service or the graph is gone.
            WrongThread: this is not the thread of the graph's event loop.
            NotBoundError: another event loop runs than that of the graph.
        """
        service = self.name.partition(".")[0]
        if self.disposed:
            raise ServiceDisposed(service)
        self.graph.check_usable(service, to_look=to_look)

    # -- the tables --

    def heat(self, computed: Computed[_T]) -> None:
        """A Consistent computed was used again: from here on the hot path may answer with it."""
        if self.hot is None or computed._error is not None:
            return
        lease: Term | None = None
        if self.replicates:
            (only,) = computed._leases if len(computed._leases) == 1 else (None,)
            if not isinstance(only, Term):
                return
            lease = only
        elif computed._leases:
            return
        hit = Hit(computed._value, computed, self.graph.home, computed._dependants, lease)
        computed._hit = self.hot[computed._key] = hit

    def find(self, key: object) -> Computed[_T] | None:
        """The computed of a key: one that is kept or being computed, or that somebody holds."""
        computed = self.table.get(key)
        return self.weak.get(key) if computed is None and self.weak else computed

    def all(self) -> list[Computed[_T]]:
        """Every computed that is not Invalidated."""
        return [*self.table.values(), *self.weak.values()]

    def tally(self) -> tuple[int, int, int]:
        """Of its results: their dependencies, the bodies that run, the hits that are not in its
        counts yet. Whoever scrapes metrics asks for this of every result, so it calls nothing.
        """
        edges = computing = hits = 0
        for computed in self.all():
            edges += len(computed._dependencies)
            computing += computed._run is not None
            if computed._hit is not None:
                hits += computed._hit.used
        return edges, computing, hits

    def enter(self, computed: Computed[_T]) -> None:
        """It can be found by its key from now on (G4)."""
        self.table[computed._key] = computed
        for index in self.indexes.values():
            index.add(computed)

    def forget(self, computed: Computed[_T]) -> None:
        """It is Invalidated now: the next call starts anew."""
        if self.table.get(computed._key) is computed:
            self._leave(computed)
        else:
            del self.weak[computed._key]

    def _leave(self, computed: Computed[_T]) -> None:
        del self.table[computed._key]
        if self.indexes:
            for index in self.indexes.values():
                index.remove(computed)
        if computed._hit is not None:
            self.cool(computed)
        if computed._newer is not None:
            self.kept.remove(computed)

    def demote(self, computed: Computed[_T]) -> None:
        """Keep it no longer; while somebody holds it, it is still found and invalidated (G34)."""
        self._leave(computed)
        if self.weak is NONE_HELD:
            self.weak = weakref.WeakValueDictionary()
        self.weak[computed._key] = computed
        for dependency in _lasting(computed):
            del dependency._dependants[computed]
            if dependency._weak_dependants is None:
                dependency._weak_dependants = weakref.WeakSet()
            dependency._weak_dependants.add(computed)
        events = self.graph.events
        if events.handlers:
            events.emit(EventKind.EVICTED, computed)

    def promote(self, key: object) -> Computed[_T] | None:
        """Keep a result again that somebody held, for it is used again."""
        computed = self.weak.pop(key, None)
        if computed is not None:
            self.enter(computed)
            for dependency in _lasting(computed):
                if dependency._weak_dependants is not None:
                    dependency._weak_dependants.discard(computed)
                add_dependant(dependency, computed)
            self.kept.add(computed)
        return computed

    def cool(self, computed: Computed[_T]) -> None:
        """The hot path must not answer with it any more."""
        hit = computed._hit
        if hit is not None:
            computed._hit = None
            self.counts.hits += hit.used
            if self.hot is not None and computed._key in self.hot:
                del self.hot[computed._key]

    def error_lifetime(self, error: Exception) -> float:
        """How long an error may be served, in seconds (G22)."""
        options = self.options
        judge = self.graph.judge
        if judge.is_transient(error):
            ttl = options.transient_error_ttl
            ttl = TRANSIENT_ERROR_TTL if ttl is None else ttl
        else:
            ttl = ERROR_TTL if options.error_ttl is None else options.error_ttl
        if options.auto_invalidate is not None:
            ttl = min(ttl, options.auto_invalidate)
        return max(ttl, judge.retry_after(error))

    def __repr__(self) -> str:
        return f"<Function {self.name}: {len(self.table)} computeds>"


def _lasting(computed: Computed[Any]) -> list[Computed[Any]]:
    """What it was made from, and is linked to: what is Invalidated is not, while this one waits for
    the end of its delay (G25).
    """
    return [each for each in computed._dependencies if each._state is not INVALIDATED]


hand(conclude=conclude, failed=failed)
