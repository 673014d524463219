"""`Meter`: measures a host's calls, bodies and recomputations, for `Host(metrics=True)`.

It is an interceptor around all others, and hears of the graph's events; so a hit costs what it
costs without it. A body costs a few microseconds more.
"""

from __future__ import annotations

import asyncio
from collections import Counter, OrderedDict
from typing import Any, Final

from ..errors import Overloaded
from ..graph import (
    Computed,
    Event,
    EventKind,
    Graph,
    Origin,
    OriginKind,
    function_of,
    is_same,
    key_of,
    value_of,
)
from ..interceptors import Call, Next
from ..primitives import clock
from .statistics import CallKey, CallStatistics, Measured, WasteKey

__all__ = ["Meter"]

REMEMBERED: Final = 1000
"""Results that were invalidated and not computed again yet: so many are kept, to be compared."""
LOOK: Final = 1.0
"""Seconds from one look at how late the loop is to the next."""

_NONE: Final = object()


class _Count:
    __slots__ = ("calls", "errors", "overloads", "seconds")

    def __init__(self) -> None:
        self.calls = self.errors = self.overloads = 0
        self.seconds = 0.0


class Meter:
    """Belongs to one host."""

    def __init__(self) -> None:
        self._counts: dict[CallKey, _Count] = {}
        self._wasted: Counter[WasteKey] = Counter()
        self._before: OrderedDict[tuple[int, object], tuple[Any, str]] = OrderedDict()
        """What results were, and why they are so no longer."""
        self._lag = 0.0
        self._timer: asyncio.TimerHandle | None = None

    def attach(self, graph: Graph) -> None:
        """Hear of its events, and look at its loop."""
        self._now = clock()
        self._loop = graph.loop
        self._graph = graph
        graph.events.subscribe(self._happened)
        self._look(self._loop.time())

    def close(self) -> None:
        """Look no more."""
        if self._timer is not None:
            self._timer.cancel()
        self._before.clear()

    async def __call__(self, call: Call, next: Next) -> Any:
        key = CallKey(call.service, call.method, call.kind, call.side)
        count = self._counts.get(key)
        if count is None:
            count = self._counts[key] = _Count()
        began = self._now()
        try:
            return await next()
        except Exception as error:
            count.errors += 1
            count.overloads += isinstance(error, Overloaded)
            raise
        finally:
            count.calls += 1
            count.seconds += self._now() - began

    def measured(self) -> Measured:
        """What it has counted."""
        calls = {
            key: CallStatistics(each.calls, each.errors, each.overloads, each.seconds)
            for key, each in self._counts.items()
        }
        return Measured(calls, dict(self._wasted), self._lag)

    # -- recomputations --

    def _happened(self, event: Event) -> None:
        computed = event.computed
        if event.kind is EventKind.INVALIDATED:
            self._remember(computed)
        elif event.kind is EventKind.BODY_ENDED and self._before:
            self._compare(computed)

    def _remember(self, computed: Computed[Any]) -> None:
        function, origin = function_of(computed), computed.origin
        if origin is None or function.replicates or not function.runs_bodies:
            return
        value = value_of(computed, _NONE)
        if value is not _NONE and origin.kind is not OriginKind.DISPOSED:
            self._before[id(function), key_of(computed)] = value, _cause(origin)
            if len(self._before) > REMEMBERED:
                self._before.popitem(last=False)

    def _compare(self, computed: Computed[Any]) -> None:
        function = function_of(computed)
        before = self._before.pop((id(function), key_of(computed)), None)
        now = value_of(computed, _NONE)
        if before is None or now is _NONE:
            return
        value, cause = before
        if is_same(value, now, self._graph.report):
            service, _, method = function.method.partition(".")
            self._wasted[WasteKey(service, method, cause)] += 1

    # -- the loop --

    def _look(self, due: float) -> None:
        now = self._loop.time()
        self._lag = max(0.0, now - due)
        self._timer = self._loop.call_at(now + LOOK, self._look, now + LOOK)


def _cause(origin: Origin) -> str:
    return origin.command or origin.kind.value
