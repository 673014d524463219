"""`invalidates_what_it_changes`: a command's declared invalidations against what really changed."""

from __future__ import annotations

import copy
import warnings
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from ..graph import Computed, Graph, running_graph
from .outcomes import UNKNOWN, cached, held_up, name_of, outcome_now, same, sources, telling

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

    What changed must have been invalidated, an error like a value unless it is transient; else left
    out is what `stale` leaves out. What was invalidated and did not change is told as a
    `NeedlessInvalidation` warning.

    graph: by default the one of services that have no host, in the running loop.

    Raises:
        AssertionError: a result changed that was not invalidated; or none was cached that could be
            checked. An exception of the block goes through, and nothing is checked.
        TimeoutError: a body did not end within 5 seconds.
    """
    graph = running_graph() if graph is None else graph
    # Copies, for a command may change the value itself.
    before = {each: each.error or copy.deepcopy(each.value) for each in cached(graph)}
    checked = [computed for computed in before if telling(computed, errors=True)]
    if not checked:
        raise AssertionError(
            "no result was cached that could be checked: read before what the command may change"
        )
    yield
    invalidated = {computed for computed in checked if computed.origin is not None}
    # Of what was made from these, nothing can be said: its body gets the changed value.
    mutated = {
        each for each, outcome in before.items() if not same(outcome, each.error or each.value)
    }
    forgotten, needless = [], []
    for computed in checked:
        if computed.cause is not None:
            continue  # it went along with what it was made from
        now = await outcome_now(computed)
        if now is UNKNOWN:
            continue
        changed = not same(before[computed], now)
        if computed in invalidated:
            if not changed:
                needless.append(f"{computed.origin}, and it did not change")
        elif changed and sources(computed) & mutated <= {computed} and not held_up(computed):
            forgotten.append(_complaint(computed, before[computed], now))
    if forgotten:
        raise AssertionError("\n".join(forgotten))
    for message in needless:
        warnings.warn(message, NeedlessInvalidation, stacklevel=3)


def _complaint(computed: Computed[Any], before: object, now: object) -> str:
    return (
        f"{name_of(computed)} changed, and the command did not invalidate it: name it in the "
        "command's `invalidates`, or call `invalidate` in its body.\n"
        f"  before: {_shown(before)}\n  after:  {_shown(now)}"
    )


def _shown(outcome: object) -> str:
    return f"{outcome!r} (raised)" if isinstance(outcome, Exception) else repr(outcome)
