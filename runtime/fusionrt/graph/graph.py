"""`Graph`: the computeds of one event loop, and what they share."""

from __future__ import annotations

import asyncio
import concurrent.futures
import inspect
import threading
import weakref
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, ClassVar, Final, ParamSpec, TypeVar, overload

from ..errors import NotBoundError, ServiceDisposed, WrongThread
from ..primitives import run_in_loop, running_loop
from ._core.computed import next_version
from ._core.counts import Counts
from ._core.function import Function
from ._core.invalidate import notify
from ._core.retention import Room
from .events import EventLog
from .failures import Classifier, Judge, is_transient
from .home import NOWHERE, home_of
from .insight.diagram import DiagramFormat, around, diagram
from .insight.explain import Explanation, explain
from .insight.inspection import inspect_ending, inspectors
from .insight.statistics import Statistics, statistics
from .origin import Origin, OriginKind, calling_line
from .rooted import Rooted
from .targets import Targets

if TYPE_CHECKING:
    from ._core.computed import Computed

__all__ = ["MAX_COMPUTEDS", "Graph"]

_P = ParamSpec("_P")
_T = TypeVar("_T")

MAX_COMPUTEDS: Final = 100_000
"""How many results a graph keeps unless it is told otherwise."""


class Graph(Rooted):
    """A dependency graph; belongs to the event loop that runs when it is made.

    max_computeds: how many results are kept. Beyond that SIEVE lets some go; those that others were
        made from stay, and may exceed it (G34).
    is_transient: tells transient errors from others (G22).

    It ends with its loop: nothing that was cached before is served after `asyncio.run` returned.
    """

    _every: ClassVar[weakref.WeakSet[Graph]] = weakref.WeakSet()

    def __init__(
        self, *, max_computeds: int = MAX_COMPUTEDS, is_transient: Classifier = is_transient
    ) -> None:
        self.loop = asyncio.get_running_loop()
        self.home = home_of(self.loop)
        self.thread = threading.get_ident()
        self.judge = Judge(is_transient, self.report)
        self.events = EventLog(self.report)
        self.functions: weakref.WeakKeyDictionary[Function[Any], None] = weakref.WeakKeyDictionary()
        self.targets = Targets()
        self.room = Room(self.functions, max_computeds, self.loop.time)
        self.counts: weakref.WeakValueDictionary[str, Counts] = weakref.WeakValueDictionary()
        """What the functions did that are still there, by their names."""
        self.invalidated: Counter[OriginKind] = Counter()
        """How many results were invalidated."""
        self.postponed: weakref.WeakSet[Computed[Any]] = weakref.WeakSet()
        """What an `invalidation_delay` holds up."""
        self.limited: weakref.WeakSet[Computed[Any]] = weakref.WeakSet()
        """Whose lives were limited when they were computed."""
        self.watchers: dict[Computed[Any], list[Callable[[], None]]] = {}
        """Who waits for news of a result; see suspension.py."""
        self.leaned = 0
        """How often a result that there was came to depend on a promise more; see leases.py."""
        self._sources: dict[str, set[str]] = {}
        self.wrote_at = 0
        """A version: whatever began before it does not answer for reads that begin now; see
        `wrote`."""
        self.ended = False
        """Whether it was closed; `closed` finds out, too, whether its loop was."""
        self._problem = "its host has stopped, or its event loop has ended"
        self._end = _with_the_loop(weakref.ref(self))
        with suppress(StopIteration):
            self._end.__anext__().send(None)
        self._every.add(self)
        for inspector in inspectors:
            inspector.opened(self)

    # -- all results --

    def invalidate_all(self, origin: Origin | None = None) -> None:
        """Invalidate every result of every service, client and state.

        origin: why; default: the line that calls this.

        Raises:
            WrongThread: this is not the thread of the graph's event loop.
        """
        if origin is None:
            origin = Origin(OriginKind.CALL, f"everything was invalidated at {calling_line(1)}")
        functions = list(self.functions)
        notify([computed for function in functions for computed in function.mark_all(origin)])

    def wrote(self) -> None:
        """A command of this process has changed something in another one: a read from now on joins
        no body that began before, unless that turns out to be fresh (D15).
        """
        self.wrote_at = next_version()

    def prune(self) -> int:
        """Let every result go that nobody holds and `min_cache` does not; tells how many.

        Nothing is invalidated. What somebody holds stays, with what it was made from.

        Raises:
            WrongThread: this is not the thread of the graph's event loop.
        """
        self.check_thread()
        return self.room.empty()

    # -- insight --

    def explain(self, computed: Computed[Any]) -> Explanation:
        """Why it was invalidated, from the first cause down to it; what it depends on; what
        depends on it.
        """
        return explain(computed)

    def diagram(self, format: DiagramFormat, of: Computed[Any] | None = None) -> str:
        """The results, and arrows from each to what was made from it, as Mermaid or DOT.

        of: only this one, what it was made from, and what was made from it.
        """
        if of is not None:
            return diagram(around(of), format)
        functions = list(self.functions)
        return diagram((each for function in functions for each in function.all()), format)

    def sources(self, service: str) -> set[str]:
        """The services, of other processes, that results of this one were made from so far."""
        return self._sources.setdefault(service, set())

    def counts_of(self, name: str) -> Counts:
        """What functions of that name did."""
        counts = self.counts.get(name)
        if counts is None:
            counts = self.counts[name] = Counts()
        return counts

    def statistics(self) -> Statistics:
        """What the graph did, and what it holds; it looks at every result."""
        return statistics(self)

    def is_transient(self, error: Exception) -> bool:
        """Whether an error is likely to be gone at the next try (G22)."""
        return self.judge.is_transient(error)

    # -- threads --

    @overload
    def call_from_thread(
        self,
        function: Callable[_P, Coroutine[Any, Any, _T]],
        /,
        *args: _P.args,
        **kwargs: _P.kwargs,
    ) -> _T: ...
    @overload
    def call_from_thread(
        self, function: Callable[_P, _T], /, *args: _P.args, **kwargs: _P.kwargs
    ) -> _T: ...
    def call_from_thread(
        self, function: Callable[_P, Any], /, *args: _P.args, **kwargs: _P.kwargs
    ) -> Any:
        """Call it in the event loop, from another thread, and wait for what it returns.

            total = host.graph.call_from_thread(carts.total, "1")

        A coroutine that it returns is awaited.

        Raises:
            WrongThread: this is the event loop's own thread.
            NotBoundError: the event loop has ended, or ends before the call does.
        """
        if threading.get_ident() == self.thread:
            raise WrongThread("call_from_thread would wait for its own thread; await the call")

        async def call() -> Any:
            result = function(*args, **kwargs)
            return await result if inspect.isawaitable(result) else result

        calling = call()
        if not self.closed:
            future = asyncio.run_coroutine_threadsafe(calling, self.loop)
            try:
                # A loop may end without looking at what came last.
                while not (future.done() or self.loop.is_closed()):
                    concurrent.futures.wait([future], timeout=1.0)
            except BaseException:  # of a signal: nobody waits for it any more
                future.cancel()
                raise
            if future.done() and not future.cancelled():
                return future.result()
        calling.close()
        raise NotBoundError("the event loop of the graph has ended: nothing can be called there")

    def check_usable(self, service: str, *, to_look: bool = False) -> None:
        """Raise unless its event loop runs here.

        service: what it is needed for. to_look: at what is there; for that no loop need run.

        Raises:
            ServiceDisposed: it has ended.
            WrongThread: this is not its thread.
            NotBoundError: another event loop runs, or none.
        """
        if self.closed:
            raise ServiceDisposed(service, self._problem)
        loop = running_loop()
        if loop is not self.loop:
            self.check_thread()
            if loop is None and to_look:
                return
            raise NotBoundError(
                f"{service} was used in another event loop before, which is still open: "
                "use it in one loop only, or close that one first"
            )

    def check_thread(self) -> None:
        """Raise outside of the event loop's thread.

        Raises:
            WrongThread: as it says.
        """
        if threading.get_ident() != self.thread:
            raise WrongThread("from another one use `call_from_thread` of the graph")

    def when_collected(
        self, owner: object, functions: Iterable[Function[Any]]
    ) -> weakref.finalize[..., Any]:
        """Once `owner` is collected, dispose of its functions (G31).

        At once in the event loop; soon, if the collector runs elsewhere; never once it has ended.
        """
        # References: a value that refers to the owner must not keep it alive through its table.
        itself, references = weakref.ref(self), tuple(map(weakref.ref, functions))

        def dispose() -> None:
            alive = [function for reference in references if (function := reference()) is not None]
            notify([computed for function in alive for computed in function.dispose()])

        def collected() -> None:
            graph = itself()
            if graph is not None and not graph.ended:
                run_in_loop(graph.loop, dispose)

        finalizer = weakref.finalize(owner, collected)
        finalizer.atexit = False
        return finalizer

    def report(self, message: str, error: BaseException) -> None:
        """Tell the event loop's exception handler of an error that no caller gets (G15)."""
        self.loop.call_exception_handler({"message": message, "exception": error})

    @property
    def closed(self) -> bool:
        """Whether it ended; also finds out that its loop was closed without a word."""
        if not self.ended and self.loop.is_closed():
            self.close()
        return self.ended

    def close(self) -> None:
        """Serve nothing from the cache any more; calls raise `ServiceDisposed`."""
        if not self.ended:
            self.ended = True
            # What another thread finds dead has no loop left to tell handlers in.
            if threading.get_ident() == self.thread:
                self.invalidate_all(Origin(OriginKind.DISPOSED, "the graph was closed"))

    @classmethod
    def leave_all(cls) -> None:
        """This process was forked: the graphs are its parent's, and nothing of them is touched."""
        for graph in list(cls._every):
            graph.ended = True
            graph._problem = (
                "it belongs to the process that this one was forked from; "
                "make hosts, services and clients after the fork"
            )
            graph.home = NOWHERE
            for function in list(graph.functions):
                if function.hot is not None:
                    function.hot.clear()


async def _with_the_loop(graph: weakref.ref[Graph]) -> AsyncGenerator[None, None]:
    """Suspended while the loop runs: a loop closes its asynchronous generators at its end."""
    try:
        yield
    finally:
        ending = graph()
        if ending is not None:
            try:
                if not ending.ended:
                    await inspect_ending(ending)
            finally:
                ending.close()
