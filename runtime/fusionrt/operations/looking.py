"""Looking whether a host missed too much of its log, for the code of its own process: what that
reads from the cache asks nothing first, and a hit must cost no look at a clock (O9).

A process that goes on after it was stopped looks before the tasks that are woken by what has come
meanwhile: for that it is a timer, and no task. A laptop that slept looks within a second, for the
timers of asyncio sleep, too.
"""

from __future__ import annotations

import asyncio
from typing import Final

from .log import OpenLog

__all__ = ["Looking"]

PERIOD: Final = 1.0
"""Seconds between two looks."""


class Looking:
    """Until it is closed. What other processes ask is answered after a look of its own."""

    def __init__(self, log: OpenLog) -> None:
        self._log: Final = log
        self._set_timer()

    def _set_timer(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(PERIOD, self._look)

    def _look(self) -> None:
        self._set_timer()
        self._log.check()

    def close(self) -> None:
        """Look no more."""
        self._timer.cancel()
