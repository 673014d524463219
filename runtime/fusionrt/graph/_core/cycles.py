"""Cycles: bodies that wait for each other raise, in every flow of control (G30).

A `Run` holds what its body waits for, and what the tasks that this started wait for. Those count
only as far as the body waits for them: a task that goes its own way is in no cycle with the
body that started it. A body may begin to wait for such a task later, so a wait that could become a
cycle is looked at again and again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from ...errors import CycleError
from ..origin import Origin, OriginKind
from .flows import goes_on_with, is_timed
from .invalidate import mark
from .run import Flow

if TYPE_CHECKING:
    from .computed import Computed

__all__ = ["Suspicion", "awaited_by", "suspect", "way_between"]

STILL: Final = 10.0
"""Seconds for which a body has not moved, and does not sleep, that is then taken to wait for the
task that it started: by an event, a queue or a thread, which do not tell."""


def suspect(waiting: Computed[Any], awaited: Computed[Any], flow: Flow) -> Suspicion | None:
    """Raise if `awaited` waits, directly or through others, for `waiting`.

    flow: the task that will wait for `awaited`: it runs the body of `waiting`, or that started it.
    What is returned is to be asked while the task waits; None if it can be no cycle.

    Raises:
        CycleError: it does.
    """
    if _way(waiting, awaited, flow, _perhaps) is None:
        return None
    suspicion = Suspicion(waiting, awaited, flow)
    suspicion.look()
    return suspicion


class Suspicion:
    """A wait that is a part of a cycle if a body waits for a task that it started."""

    __slots__ = ("_awaited", "_flow", "_since", "_stood", "_waiting")

    def __init__(self, waiting: Computed[Any], awaited: Computed[Any], flow: Flow) -> None:
        self._waiting = waiting
        self._awaited = awaited
        self._flow = flow
        self._stood: list[object] = []
        self._since = 0.0

    def look(self) -> None:
        """Raise if it came to that.

        Raises:
            CycleError: it did. Every participant is flagged: none of them is cached, even if a body
                catches the error.
        """
        way = _way(self._waiting, self._awaited, self._flow, goes_on_with)
        if way is None:
            way = _way(self._waiting, self._awaited, self._flow, _perhaps)
            if way is None or not self._stands_still(way):
                return
        mark(way[:-1], Origin(OriginKind.UNCACHED, "part of a cycle"))
        raise CycleError(tuple(computed.key for computed in reversed(way)))

    def _stands_still(self, way: list[Computed[Any]]) -> bool:
        """Whether nothing but this flow has moved for long, and nothing sleeps."""
        loop = self._waiting._function.graph.loop
        runs = [each._run for each in way if each._run is not None]
        flows = dict.fromkeys(run.flow for run in runs if run.flow is not self._flow)
        stands = [getattr(flow, "_fut_waiter", None) for flow in flows]
        if None in stands or stands != self._stood:
            self._stood, self._since = stands, loop.time()
            return False
        if loop.time() < self._since + STILL:
            return False
        return not any(is_timed(future, loop) for future in stands)


def awaited_by(computed: Computed[Any]) -> dict[Computed[Any], Computed[Any]]:
    """What its running body waits for, itself and through others, and for whom first."""
    came_from: dict[Computed[Any], Computed[Any]] = {computed: computed}
    stack = [computed]
    while stack:
        waiting = stack.pop()
        run = waiting._run
        for started, awaited in run.all_waits() if run is not None else ():
            if awaited not in came_from and run is not None and goes_on_with(run.flow, started):
                came_from[awaited] = waiting
                stack.append(awaited)
    return came_from


def way_between(computed: Computed[Any], awaited: Computed[Any]) -> list[Computed[Any]]:
    """From a body that runs to what it waits for, both included."""
    came_from = awaited_by(computed)
    way = [awaited]
    while way[-1] is not computed:
        way.append(came_from[way[-1]])
    return way[::-1]


def _perhaps(body: Flow, started: Flow) -> bool:
    return True


def _way(
    waiting: Computed[Any],
    awaited: Computed[Any],
    flow: Flow,
    waits: Callable[[Flow, Flow], bool],
) -> list[Computed[Any]] | None:
    """From `waiting` back to itself by way of `awaited`: each is waited for by the one after it.

    waits: whether a body's flow waits for the task whose call is one of the body's waits.
    """
    run = waiting._run
    if run is None or not waits(run.flow, flow):
        return None
    came_from: dict[Computed[Any], Computed[Any]] = {awaited: awaited}
    stack = [awaited]
    while stack:
        computed = stack.pop()
        if computed is waiting:
            way = [waiting]
            while way[-1] is not awaited:
                way.append(came_from[way[-1]])
            return [*way, waiting]
        run = computed._run
        if run is not None:
            for started, following in run.all_waits():
                if following not in came_from and waits(run.flow, started):
                    came_from[following] = computed
                    stack.append(following)
    return None
