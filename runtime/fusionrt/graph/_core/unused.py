"""Letting go of what comes from other processes and nobody used (D25).

Whoever holds a replica costs its host a registration. So what leans on a lease, a replica or what
is made from one, is kept only as long as it is used; everything else stays while there is room for
it (see retention.py). What somebody holds or watches, or something in use was made from, stays.
"""

from __future__ import annotations

import asyncio
import weakref
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from ..graph import Graph
    from .computed import Computed

__all__ = ["LOOKS", "let_unused_go"]

LOOKS: Final = 4
"""How often it is looked at what was used, in the time after which the unused is let go."""
SLICE: Final = 500
"""Results that are looked at in one turn of the loop."""


async def let_unused_go(graph: Graph, seconds: float) -> None:
    """For ever: what was not used for so long, and for a few looks more, is not kept any more."""
    sweeper = _Sweeper(weakref.ref(graph), seconds)
    while True:
        await asyncio.sleep(seconds / LOOKS)
        await sweeper.sweep()


class _Sweeper:
    def __init__(self, graph: weakref.ref[Graph], seconds: float) -> None:
        self._graph = graph
        self._seconds = seconds
        self._idle: dict[int, float] = {}
        """Since when a result, by its version, was not seen to be used."""

    async def sweep(self) -> None:
        """Look at every result once."""
        graph = self._graph()
        if graph is None or graph.ended:
            return
        now = graph.room.now()
        leaning = [
            computed
            for function in list(graph.functions)
            for computed in function.table.values()
            if computed._leases
        ]
        idle: dict[int, float] = {}
        while leaning:
            for computed in leaning[-SLICE:]:
                if computed._newer is not None and not self._is_used(computed, now):
                    idle[computed.version] = since = self._idle.get(computed.version, now)
                    if now - since >= self._seconds and _is_free(computed, now):
                        computed._function.demote(computed)
            del leaning[-SLICE:], computed
            await asyncio.sleep(0)
        self._idle = idle

    def _is_used(self, computed: Computed[Any], now: float) -> bool:
        if computed._function.kept.take_use(computed, now):
            return True
        return any(each.version not in self._idle for each in computed._dependants)


def _is_free(computed: Computed[Any], now: float) -> bool:
    """Whether nothing keeps it: a replica has one handler of its own."""
    function = computed._function
    if computed._dependants or len(computed._handlers or ()) > function.replicates:
        return False
    return not function.kept.is_min_cached(computed, now)
