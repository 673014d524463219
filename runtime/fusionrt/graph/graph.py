"""`Graph`: the computeds of one event loop, and what they share."""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import AsyncGenerator
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from .events import EventLog
from .failures import Classifier, is_transient
from .function import Function
from .invalidate import notify
from .origin import Origin, OriginKind
from .retention import Room
from .targets import Targets

if TYPE_CHECKING:
    from .computed import Computed

__all__ = ["MAX_COMPUTEDS", "Graph", "running_graph"]

MAX_COMPUTEDS: Final = 100_000
"""How many results a graph keeps unless it is told otherwise."""


class Graph:
    """A dependency graph; belongs to the event loop that runs when it is made.

    max_computeds: how many results are kept. Beyond that SIEVE lets some go; those that others were
        made from stay, and may exceed it (G34).
    is_transient: tells transient errors from others (G22).

    It ends with its loop: nothing that was cached before is served after `asyncio.run` returned.
    """

    def __init__(
        self, *, max_computeds: int = MAX_COMPUTEDS, is_transient: Classifier = is_transient
    ) -> None:
        self.loop = asyncio.get_running_loop()
        self.is_transient = is_transient
        self.events = EventLog()
        self.functions: weakref.WeakKeyDictionary[Function[Any], None] = weakref.WeakKeyDictionary()
        self.targets = Targets()
        self.room = Room(max_computeds, self.loop.time)
        self.postponed: weakref.WeakSet[Computed[Any]] = weakref.WeakSet()
        """What an `invalidation_delay` holds up."""
        self._closed = False
        self._end = _with_the_loop(weakref.ref(self))
        with suppress(StopIteration):
            self._end.__anext__().send(None)

    def invalidate_all(self, origin: Origin) -> None:
        """Invalidate every result of every service and client."""
        notify([computed for function in self.functions for computed in function.mark_all(origin)])

    def report(self, message: str, error: BaseException) -> None:
        """Tell the event loop's exception handler of an error that no caller gets (G15)."""
        self.loop.call_exception_handler({"message": message, "exception": error})

    @property
    def closed(self) -> bool:
        """Whether it ended; also finds out that its loop was closed without a word."""
        if self.loop.is_closed():
            self.close()
        return self._closed

    def close(self) -> None:
        """Serve nothing from the cache any more; calls raise `ServiceDisposed`."""
        if not self._closed:
            self._closed = True
            self.invalidate_all(Origin(OriginKind.DISPOSED, "the graph was closed"))


async def _with_the_loop(graph: weakref.ref[Graph]) -> AsyncGenerator[None, None]:
    """Suspended while the loop runs: a loop closes its asynchronous generators at its end."""
    try:
        yield
    finally:
        ending = graph()
        if ending is not None:
            ending.close()


_graphs: dict[asyncio.AbstractEventLoop, Graph] = {}
"""A graph ends with its loop, and keeps it until then: a weak key would live for ever."""


def running_graph() -> Graph:
    """The graph of the running loop, for services that have no host.

    Raises:
        RuntimeError: no loop runs.
    """
    loop = asyncio.get_running_loop()
    graph = _graphs.get(loop)
    if graph is None or graph.closed:
        for ended in [other for other in _graphs if other.is_closed()]:
            _graphs.pop(ended).close()
        graph = _graphs[loop] = Graph()
    return graph
