"""`stale`: every cached read of a graph is computed again, and compared with what is cached."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

from ..errors import FrameworkError
from ..graph import Computed, ConsolidatingFunction, Graph, State, recompute
from ..primitives import spawn

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
        method = self.key.partition("(")[0].rpartition(".")[2]
        return (
            f"{self.key} is cached as {_short(self.cached)}, and its body now {does} "
            f"{_short(self.recomputed)}: no command invalidated it; add `{method}(…)` to the "
            "`invalidates` of the command that changed it, or, if it changes by itself, limit its "
            "life with `auto_invalidate`"
        )


async def stale(graph: Graph, *, timeout: float = 5.0) -> list[Stale]:
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
    cached = [computed for function in list(graph.functions) for computed in function.all()]
    found = []
    for computed in filter(_is_checked, cached):
        now = await _outcome(computed, timeout)
        if now is not _UNKNOWN and not _same(computed.value, now):
            key = computed.key.replace("'s source(", "(", 1)
            found.append((computed, Stale(key, computed.value, now)))
    # Meanwhile it may have been invalidated.
    return [one for computed, one in found if not _is_held_up(computed)]


def _is_checked(computed: Computed[Any]) -> bool:
    function = computed._function
    return (
        computed.is_consistent
        and computed.error is None
        and not computed._expires
        and not function.replicates
        and not isinstance(function, ConsolidatingFunction)  # its source is another function
    )


def _is_held_up(computed: Computed[Any]) -> bool:
    """Whether an invalidation of it is on its way: something that it was made from is stale."""
    pending, seen = [computed], {computed}
    while pending:
        following = pending.pop()
        function = following._function
        if following.state is not State.CONSISTENT or following in function.graph.postponed:
            return True
        fresh = set(function.made_from(following)) - seen
        seen |= fresh
        pending += fresh
    return False


class _Unknown(Enum):
    UNKNOWN = "unknown"


_UNKNOWN: Final = _Unknown.UNKNOWN


async def _outcome(computed: Computed[Any], timeout: float) -> Any:
    """What the body returns or raises now; unknown, if that proves nothing."""
    # In a task, so that it can neither change this context nor cancel this code.
    task = spawn(recompute(computed), f"fusion recomputes {computed.key}")
    try:
        await asyncio.wait([task], timeout=timeout)
        if not task.done():
            raise TimeoutError(
                f"{computed.key} was computed again to see whether its cached value still holds, "
                f"and did not end within {timeout:g} s"
            )
    finally:
        if task.cancel():
            await asyncio.wait([task])
    if task.cancelled():
        return _UNKNOWN
    error = task.exception()
    if error is None:
        return task.result()
    if not isinstance(error, Exception):
        raise error
    is_telling = not isinstance(error, FrameworkError) and not (
        computed._function.graph.is_transient(error)
    )
    return error if is_telling else _UNKNOWN


def _same(cached: object, now: object) -> bool:
    if cached is now:
        return True
    try:
        if cached == now:
            return True
    except Exception:  # some arrays have no truth
        return repr(cached) == repr(now)
    # Also nan, and instances of classes without `==`.
    return type(cached) is type(now) and (repr(cached) == repr(now) or _is_incomparable(cached))


def _is_incomparable(value: object) -> bool:
    cls = type(value)
    return cls.__eq__ is object.__eq__ and cls.__repr__ is object.__repr__


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= LONGEST_TEXT else f"{text[:LONGEST_TEXT]}…"
