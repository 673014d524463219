"""`Cycles`: compute calls that wait for each other over several hosts raise, too (D24).

Each host sees a piece of the circle: a body of its own that waits for a replica, whose call another
host runs. So a host that has waited for a while asks along the way, by a *probe*: whoever runs the
call passes it on by the calls which that body waits for at this moment. It comes back to where it
began only if that waits for itself. Nothing is kept on the way but which probes came by, and calls
that are answered in time cost nothing. (A count of hops would not tell: the second call of a result
that is being computed joins its body, and goes no further.)
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any, Final

from ..errors import CycleError
from ..graph import Computed, Graph, Origin, OriginKind, awaited_by, mark, way_between
from ..primitives import random_bits
from ..rpc import Caller, Pending
from .replica import replica_of

__all__ = ["Cycles"]

LOOK: Final = 0.5
"""Seconds between two looks at what is waited for; a call is probed from the second one on."""
PROBES: Final = 100
"""Calls that are probed at a look, at most: the oldest of each session."""
REMEMBERED: Final = 10_000
"""Probes whose way is known, so that none goes round and round."""


class Cycles:
    """Of one host: it sends probes for what its bodies wait for, and passes those of others on."""

    def __init__(self, graph: Graph, caller: Caller) -> None:
        self._graph = graph
        self._caller = caller
        self._before: set[tuple[int, int]] = set()
        self._sent: dict[int, Pending] = {}
        self._passed: dict[tuple[int, int], None] = {}
        self._suspected: set[tuple[int, int]] = set()
        self._confirmed: set[tuple[int, int]] = set()

    async def watch(self) -> None:
        """Look again and again."""
        while True:
            await asyncio.sleep(LOOK)
            self._look()

    def _look(self) -> None:
        self._confirmed, self._suspected = self._suspected, set()
        self._sent.clear()
        calls = {(id(call.session), call.id): call for call, _ in self._calls()}
        for name in [name for name in calls if name in self._before][:PROBES]:
            probe = random_bits(52)
            self._sent[probe] = calls[name]
            calls[name].probe(probe)
        self._before = set(calls)

    def came(self, computed: Computed[Any], probe: int) -> None:
        """Somebody waits for this result, and asks what it waits for."""
        name = probe, computed.version
        if not computed.is_computing or name in self._passed:
            return
        self._passed[name] = None
        if len(self._passed) > REMEMBERED:
            del self._passed[next(iter(self._passed))]
        awaited = awaited_by(computed)
        first = self._sent.get(probe)
        for call, replica in list(self._calls()):
            if replica not in awaited:
                continue
            if call is first:
                self._suspect(computed, replica, call)
            else:
                call.probe(probe)

    def _suspect(self, computed: Computed[Any], replica: Computed[Any], call: Pending) -> None:
        """It waits for itself; that counts if it does so at the next look, too: whatever ends
        meanwhile was on its way.
        """
        name = computed.version, replica.version
        if name not in self._confirmed:
            self._suspected.add(name)
            return
        way = way_between(computed, replica)
        mark(way, Origin(OriginKind.UNCACHED, "part of a cycle"))
        call.fail(CycleError((*(each.key for each in way), computed.key)))
        call.give_up()

    def _calls(self) -> Iterator[tuple[Pending, Computed[Any]]]:
        """The calls that replicas are made of, and which."""
        for call in self._caller.pending():
            replica = replica_of(call.registration)
            if replica is not None:
                yield call, replica
