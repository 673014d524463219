"""`Endings`: sessions that are over, as the application says; their browsers get new ones (W1)."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from typing import Final, TypeAlias

from ..errors import ServiceDisposed
from ..graph import computed
from ..identity import Session
from ..primitives import background

__all__ = ["Ended", "Endings"]

Ended: TypeAlias = Callable[[Session], Awaitable[bool]]
"""Whether a session is over; made from what it reads, like a compute method."""

ANSWERED: Final = 1.0
"""Seconds that the call which ended a session has to be answered, before its pages are let go."""


class Endings:
    """Watches the sessions of those who are connected.

    ended: tells it. end: is called with a browser whose session is over.
    """

    def __init__(self, ended: Ended, end: Callable[[str], None]) -> None:
        self._ended = ended
        self._end = end
        self._pages: Counter[str] = Counter()
        self._watching: dict[str, asyncio.Task[None]] = {}

    def came(self, principal: str) -> None:
        """A page of a browser is connected."""
        self._pages[principal] += 1
        if principal not in self._watching:
            self._watching[principal] = background(self._watch(principal), name="fusion session")

    def left(self, principal: str) -> None:
        """It is so no more."""
        self._pages[principal] -= 1
        if not self._pages[principal]:
            del self._pages[principal]
            self._watching.pop(principal).cancel()

    async def _watch(self, principal: str) -> None:
        over = computed(partial(self._ended, Session(principal)), name="gateway.ended")
        with suppress(ServiceDisposed):  # the host stops, and lets all pages go
            async for known in over.changes():
                if known.error is None and known.value:
                    await asyncio.sleep(ANSWERED)
                    self._end(principal)
                    return
