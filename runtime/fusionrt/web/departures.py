"""`Departures`: pages that were closed, as their browsers say (W11)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from typing import Final

from .page import Page

__all__ = ["Departures"]

BACK: Final = 1.0
"""Seconds in which the client of a page may come back: something between may have said it."""


class Departures:
    """A browser closes the socket of a page that goes with a code of its own, also where the page
    cannot say a last word. So nobody waits until the lease is over.

    forget: is told of those who are gone for good: principal and client of each.
    """

    def __init__(self, forget: Callable[[Collection[tuple[str, str]]], None]) -> None:
        self._forget: Final = forget
        self._gone: set[tuple[str, str]] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._closed = False

    def left(self, page: Page) -> None:
        """A socket has ended."""
        if page.went_away and page.cid and not self._closed:
            self._gone.add((page.principal, page.cid))
            if self._timer is None:
                self._timer = asyncio.get_running_loop().call_later(BACK, self._tell)

    def came(self, page: Page) -> None:
        """A client speaks by another socket."""
        self._gone.discard((page.principal, page.cid))

    def close(self) -> None:
        """Nobody is to be told any more."""
        self._closed = True
        if self._timer is not None:
            self._timer.cancel()

    def _tell(self) -> None:
        self._timer = None
        gone, self._gone = self._gone, set()
        if gone:
            self._forget(gone)
