"""Pages without a browser, many in a process: each does what its peer's client in a browser does,
with as little as a process can do for that.
"""

from __future__ import annotations

import asyncio
import time
from array import array
from collections.abc import Awaitable, Callable
from importlib import import_module

import msgspec

from ..cases import PEERS

__all__ = ["Found", "Opened", "Seen", "load"]


class Found(msgspec.Struct, frozen=True):
    """Seconds from when a text was written to when a page had it: of all pages, the median, that of
    99 of a hundred, and of the last.

    refused: calls that were not served at once.
    """

    median: float
    p99: float
    last: float
    refused: int


class Seen:
    """What the pages of this process have seen since they were asked last."""

    def __init__(self) -> None:
        self.refused = 0
        self._ages = array("q")
        self._wanted = 0
        self._complete = asyncio.Event()

    def saw(self, at: int) -> None:
        """A page has a text that was written then."""
        self._ages.append(time.monotonic_ns() - at)
        if len(self._ages) == self._wanted:
            self._complete.set()

    def expect(self, count: int) -> None:
        """So many will be seen now."""
        self.refused = 0
        self._ages = array("q")
        self._wanted = count
        self._complete.clear()

    async def found(self) -> Found:
        """Of all that were expected, once they were seen."""
        async with asyncio.timeout(300):
            await self._complete.wait()
        assert len(self._ages) == self._wanted, "more was seen than was written"
        ages = sorted(self._ages)
        median, p99, last = ages[len(ages) // 2], ages[(len(ages) * 99) // 100], ages[-1]
        return Found(median / 1e9, p99 / 1e9, last / 1e9, self.refused)


Opened = Callable[[int, range, Seen], Awaitable[object]]
"""Opens a page at a port, which watches these keys from then on. What it returns is kept."""


def load(peer: str) -> Opened:
    """Imported here, so that no process has another's modules."""
    opened: Opened = import_module(f"{__name__}.{PEERS[peer][0]}").open_page
    return opened
