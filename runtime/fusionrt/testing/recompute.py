"""`stale`: every cached read of a graph is computed again, and compared with what is cached."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ..graph import Graph
from .outcomes import TIMEOUT, UNKNOWN, cached, held_up, name_of, outcome_now, same, telling

__all__ = ["Stale", "stale"]

LONGEST_TEXT: Final = 200


@dataclass(frozen=True, slots=True)
class Stale:
    """A cached result that is not what its body returns now: an invalidation was forgotten.

    key: the call, such as `carts.total('1')`.
    cached: its result, as the cache has it.
    recomputed: what its body returns now, or the exception that it raises.
    """

    key: str
    cached: object
    recomputed: object

    def __str__(self) -> str:
        does = "raises" if isinstance(self.recomputed, Exception) else "returns"
        return (
            f"{self.key} is cached as {_short(self.cached)}, and its body now {does} "
            f"{_short(self.recomputed)}: whatever changed it has to invalidate it, a command by "
            "naming it in its `invalidates`, other code by calling `invalidate`; if it changes by "
            "itself, limit its life with `auto_invalidate`"
        )


async def stale(graph: Graph, *, timeout: float = TIMEOUT) -> list[Stale]:
    """Compute every cached result of the graph again, and tell those that differ.

    Call it in the graph's loop, while no command runs. Each body gets what it reads from the cache,
    as it is there: that is computed again itself. Nothing of it is cached or counts as a use.

    Left out: what a client holds (it is checked where it is served); errors, and what has a limited
    life, for they end by themselves; what an `invalidation_delay` or `consolidate` holds up, with
    all that is made from it; what a lapsed lease makes unprovable; and values that cannot be
    compared, having neither `==` nor a `repr` of their own.

    timeout: in seconds, for each body.

    Raises:
        TimeoutError: a body did not end in time.
    """
    found = []
    for computed in cached(graph):
        if not telling(computed, errors=False):
            continue
        now = await outcome_now(computed, timeout)
        if now is not UNKNOWN and not same(computed.value, now):
            found.append((computed, Stale(name_of(computed), computed.value, now)))
    # Meanwhile it may have been invalidated.
    return [one for computed, one in found if not held_up(computed)]


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= LONGEST_TEXT else f"{text[:LONGEST_TEXT]}…"
