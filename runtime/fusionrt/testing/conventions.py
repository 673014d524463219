"""`invalidates_what_it_changes`: a command's declared invalidations against what really changed."""

from __future__ import annotations

import copy
import warnings
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from ..graph import Computed, Graph, running_graph
from .outcomes import UNKNOWN, cached, held_up, name_of, outcome_now, same, telling

__all__ = ["NeedlessInvalidation", "invalidates_what_it_changes"]


class NeedlessInvalidation(UserWarning):
    """Issued when a command invalidated a result that did not change: correct, but wasted work."""


@asynccontextmanager
async def invalidates_what_it_changes(graph: Graph | None = None) -> AsyncIterator[None]:
    """Run a command inside of this block; at its end every result that was cached before is
    computed again and compared.

        assert await products.get("apple") is not None  # only what is cached can be checked
        async with invalidates_what_it_changes():
            await products.set_price("apple", Decimal(5))

    What changed must have been invalidated; left out is what `stale` leaves out. What was
    invalidated and did not change is told as a `NeedlessInvalidation` warning.

    graph: by default the one of services that have no host, in the running loop.

    Raises:
        AssertionError: a result changed that was not invalidated; or none was cached, so that
            nothing could be found. An exception of the block goes through, and nothing is checked.
        TimeoutError: a body did not end within 5 seconds.
    """
    graph = running_graph() if graph is None else graph
    # Copies, for a command may change the value itself.
    before = {computed: _outcome(computed) for computed in cached(graph)}
    if not before:
        raise AssertionError(
            "no result was cached before the command, so nothing could be found: "
            "read first what it may change"
        )
    yield
    invalidated = {computed for computed in before if computed.origin is not None}
    forgotten, needless = [], []
    for computed, outcome in before.items():
        now = await outcome_now(computed)
        if now is UNKNOWN:
            continue
        if computed not in invalidated:
            if telling(computed) and not same(outcome, now) and not held_up(computed):
                forgotten.append(_complaint(computed, outcome, now))
        elif computed.cause is None and same(outcome, now):
            needless.append(f"{computed.origin}, and it did not change")
    if forgotten:
        raise AssertionError("\n".join(forgotten))
    for message in needless:
        warnings.warn(message, NeedlessInvalidation, stacklevel=3)


def _outcome(computed: Computed[Any]) -> object:
    return computed.error or copy.deepcopy(computed.value)


def _complaint(computed: Computed[Any], before: object, now: object) -> str:
    after = f"{now!r} (raised)" if isinstance(now, Exception) else repr(now)
    return (
        f"{name_of(computed)} changed, and the command did not invalidate it: name it in the "
        "command's `invalidates`, or call `invalidate` in its body.\n"
        f"  before: {before!r}\n  after:  {after}"
    )
