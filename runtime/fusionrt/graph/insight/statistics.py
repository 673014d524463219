"""`graph.statistics()`: what a graph did, and what it holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..origin import OriginKind

if TYPE_CHECKING:
    from ..graph import Graph

__all__ = ["MethodStatistics", "Statistics", "statistics"]


@dataclass(frozen=True, slots=True)
class MethodStatistics:
    """What one compute method did since its graph was made.

    hits: reads answered from the cache. misses: reads that ran a body or waited for one.
    bodies: how many bodies were run.
    """

    hits: int = 0
    misses: int = 0
    bodies: int = 0

    @property
    def hit_ratio(self) -> float:
        """The part of the reads that were hits; 0 if there were none."""
        reads = self.hits + self.misses
        return self.hits / reads if reads else 0.0


@dataclass(frozen=True, slots=True)
class Statistics:
    """What a graph did since it was made, and what it holds now.

    A service that is gone takes its counts with it.

    total: the counts of all methods. methods: the counts of each, by its name, `carts.total`.
    invalidated: how many results were invalidated, by the kind of origin. evicted: how many were
    let go to make room. kept: how many results are kept now. held: how many are not kept, but held
    by somebody. computing: how many bodies run now. edges: how many dependencies all these have.
    """

    total: MethodStatistics
    methods: Mapping[str, MethodStatistics]
    invalidated: Mapping[OriginKind, int]
    evicted: int
    kept: int
    held: int
    computing: int
    edges: int


def statistics(graph: Graph) -> Statistics:
    """Counted now: it looks at every result."""
    all_counts = dict(graph.counts)
    hits = {name: counts.hits for name, counts in all_counts.items()}
    computing = held = edges = 0
    for function in list(graph.functions):
        its_edges, its_computing, its_hits = function.tally()
        edges += its_edges
        computing += its_computing
        if its_hits:
            hits[function.name] += its_hits
        held += len(function.weak)
    methods = {
        name: MethodStatistics(hits[name], counts.misses, counts.bodies)
        for name, counts in all_counts.items()
    }
    total = MethodStatistics(
        sum(method.hits for method in methods.values()),
        sum(method.misses for method in methods.values()),
        sum(method.bodies for method in methods.values()),
    )
    return Statistics(
        total,
        methods,
        dict(graph.invalidated),
        graph.room.evicted,
        graph.room.size,
        held,
        computing,
        edges,
    )
