"""`Deadlines`: many times to watch with one timer, as nearly all of them are dropped in time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Hashable
from typing import Final, Generic, TypeVar

__all__ = ["Deadlines"]

REST: Final = 2e-6
"""Seconds for each key until they are looked at again: looking takes a tenth of it. Thousands that
are late one after the other would else each have all of them looked at."""

_K = TypeVar("_K", bound=Hashable)


class Deadlines(Generic[_K]):
    """Calls `late` with each key whose time is up; never early.

    A timer a call would cost more than the message that carries it.
    """

    def __init__(self, late: Callable[[_K], None]) -> None:
        self._late = late
        self._loop = asyncio.get_running_loop()
        self._due: dict[_K, float] = {}
        self._timer: asyncio.TimerHandle | None = None

    def set(self, key: _K, seconds: float) -> None:
        """Its time is up in so many seconds."""
        due = self._due[key] = self._loop.time() + seconds
        if self._timer is None or due < self._timer.when():
            self._wait_until(due)

    def drop(self, key: _K) -> None:
        """It no longer matters."""
        self._due.pop(key, None)

    def __len__(self) -> int:
        return len(self._due)

    def close(self) -> None:
        """Forget all."""
        self._due.clear()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _wait_until(self, due: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_at(due, self._sweep)

    def _sweep(self) -> None:
        self._timer = None
        now = self._loop.time()
        late = [key for key, due in self._due.items() if due <= now]
        for key in late:
            self._due.pop(key, None)
            self._late(key)
        if self._due:
            earliest = max(min(self._due.values()), now + REST * len(self._due))
            if self._timer is None or earliest < self._timer.when():
                self._wait_until(earliest)
