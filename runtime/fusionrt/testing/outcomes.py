"""What a cached result came to, and what its body comes to now."""

from __future__ import annotations

import asyncio
from enum import Enum
from typing import Any, Final

from ..errors import FrameworkError
from ..graph import (
    Computed,
    ConsolidatingFunction,
    Graph,
    State,
    function_of,
    is_limited,
    made_from,
    recompute,
)
from ..primitives import spawn

__all__ = [
    "TIMEOUT",
    "UNKNOWN",
    "cached",
    "held_up",
    "name_of",
    "outcome_now",
    "same",
    "sources",
    "telling",
]

TIMEOUT: Final = 5.0
"""Seconds that a body gets."""


def cached(graph: Graph) -> list[Computed[Any]]:
    """The results in the graph's cache, as their bodies made them."""
    return [
        computed
        for function in list(graph.functions)
        if not isinstance(function, ConsolidatingFunction)  # its source is another function
        for computed in function.all()
        if computed.is_consistent
    ]


def telling(computed: Computed[Any], *, errors: bool) -> bool:
    """Whether an invalidation was forgotten, if its body comes to something else now.

    What has a limited life ends by itself; a replica is checked where it is served.

    errors: of those that are not transient, too, though they end by themselves some time.
    """
    function, error = function_of(computed), computed.error
    if function.replicates:
        return False
    if error is None:
        return not is_limited(computed)
    expires = function.options.auto_invalidate is not None
    return errors and not expires and not function.graph.is_transient(error)


def held_up(computed: Computed[Any]) -> bool:
    """Whether an invalidation of it is on its way: something that it was made from is stale."""
    return any(
        each.state is not State.CONSISTENT or each in function_of(each).graph.postponed
        for each in sources(computed)
    )


def sources(computed: Computed[Any]) -> set[Computed[Any]]:
    """It, and all that it was made from."""
    pending, seen = [computed], {computed}
    while pending:
        following = pending.pop()
        fresh = set(made_from(following)) - seen
        seen |= fresh
        pending += fresh
    return seen


def name_of(computed: Computed[Any]) -> str:
    """The call, such as `carts.total('1')`."""
    return computed.key.replace("'s source(", "(", 1)


class _Unknown(Enum):
    UNKNOWN = "unknown"


UNKNOWN: Final = _Unknown.UNKNOWN


async def outcome_now(computed: Computed[Any], timeout: float = TIMEOUT) -> Any:
    """What its body returns now, or the exception that it raises; unknown, if that proves nothing.

    The body gets what it reads from the cache, as it is there. Nothing of it is cached.

    Raises:
        TimeoutError: it did not end within so many seconds.
    """
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
        return UNKNOWN
    error = task.exception()
    if error is None:
        return task.result()
    if not isinstance(error, Exception):
        raise error
    is_telling = not isinstance(error, FrameworkError) and not (
        function_of(computed).graph.is_transient(error)
    )
    return error if is_telling else UNKNOWN


def same(before: object, now: object) -> bool:
    """Whether two outcomes are alike; values that have neither `==` nor a `repr` of their own are
    not compared.
    """
    if before is now:
        return True
    try:
        if before == now:
            return True
    except Exception:  # some arrays have no truth
        return repr(before) == repr(now)
    # Also nan, and instances of classes without `==`.
    return type(before) is type(now) and (repr(before) == repr(now) or _is_incomparable(before))


def _is_incomparable(value: object) -> bool:
    cls = type(value)
    return cls.__eq__ is object.__eq__ and cls.__repr__ is object.__repr__
