"""What compute methods did, as the core counts it; `graph.statistics()` reads it."""

from __future__ import annotations

from ...native import twin

__all__ = ["Counts"]


@twin
class CountsFields:
    """Those of `Counts`."""

    __slots__ = ("__weakref__", "bodies", "hits", "misses")

    hits: int
    misses: int
    bodies: int


class Counts(CountsFields):
    """What the functions of one name did; the hits of live results are still with them."""

    __slots__ = ()

    def __init__(self) -> None:
        self.hits = 0
        self.misses = 0
        self.bodies = 0
