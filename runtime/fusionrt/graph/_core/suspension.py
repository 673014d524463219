"""Waiting for news of a computed: it was invalidated, or its freshness ceased or is proven again.

A computed is suspended while a lease that it depends on has lapsed: it is not known to be stale,
but nothing proves that it is fresh (D6b). Reads find that out by themselves; this is for those who
only watch (D26).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from ..state import CONSISTENT

if TYPE_CHECKING:
    from .computed import Computed

__all__ = ["on_turn", "turned"]


BLINK: Final = 0.25
"""Seconds that a suspension lasts before watchers are told: after each lost message, and each new
connection, nothing is proven until host and client have compared notes, which is a round trip."""


async def turned(computed: Computed[Any], suspended: bool) -> None:
    """Return when it is invalidated, or suspended no longer is what it is.

    suspended: what the caller knows of it.
    """
    while computed._state is CONSISTENT and computed.is_suspended is suspended:
        await _news_of(computed)
        if computed._state is CONSISTENT and not suspended and computed.is_suspended:
            with suppress(TimeoutError):
                async with asyncio.timeout(BLINK):
                    while computed.is_suspended:
                        await _news_of(computed)


def on_turn(computed: Computed[Any], handler: Callable[[], None]) -> Callable[[], None]:
    """Call `handler` whenever it may be suspended, or no longer so; the result ends that.

    It hears of those leases only that there are now: after each call, ask for it anew.
    """
    watchers = computed._function.graph.watchers
    watchers.setdefault(computed, []).append(handler)
    ends = [lease.on_turn(handler) for lease in computed._leases]

    def unsubscribe() -> None:
        for end in ends:
            end()
        watchers[computed].remove(handler)
        if not watchers[computed]:
            del watchers[computed]

    return unsubscribe


async def _news_of(computed: Computed[Any]) -> None:
    woken = asyncio.get_running_loop().create_future()

    def wake(*_: object) -> None:
        if not woken.done():
            woken.set_result(None)

    ends = computed.on_invalidated(wake), on_turn(computed, wake)
    try:
        await woken
    finally:
        for end in ends:
            end()
