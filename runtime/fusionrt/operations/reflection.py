"""`Reflection`: whether what a host serves reflects changes that others have made (D15)."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from ..graph import Graph
from ..rpc import Caller, Reflecting
from ..wire.frames import Mark
from .nudges import Nudges

__all__ = ["Reflection"]


class Reflection:
    """A host's services are made from its own state, of which other hosts of them tell it, and from
    what it reads from other hosts.
    """

    def __init__(self, graph: Graph, nudges: Nudges, caller: Caller) -> None:
        self._graph = graph
        self._nudges = nudges
        self._caller = caller

    def reflect(
        self, service: str, marks: tuple[Mark, ...], hops: int, computing: bool
    ) -> Reflecting:
        """See `rpc.Reflect`. service: what is asked. What runs may read from any service."""
        writes = self._caller.writes
        sources = writes.sources if computing else self._graph.sources(service)
        held, others = writes.pass_on(marks, hops, sources)
        held += self._nudges.missing(marks)
        return Reflecting(held, others)

    def here(self, marks: Iterable[Mark]) -> asyncio.Future[bool] | None:
        """The same of the services of this process alone."""
        waits = self._nudges.missing(marks)
        return asyncio.ensure_future(_all(waits)) if waits else None


async def _all(waits: Iterable[asyncio.Future[bool]]) -> bool:
    return all([await wait for wait in waits])
