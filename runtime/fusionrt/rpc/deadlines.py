"""Many times to watch with one timer, as nearly all of them are dropped in time.

A timer a call would cost more than the message that carries it.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Hashable
from contextvars import Context
from types import TracebackType
from typing import Any, Final, Generic, Self, TypeVar

from ..primitives import clock, current_task

__all__ = ["Alarm", "Deadlines", "TimeLimit"]

REST: Final = 2e-6
"""Seconds for each of many times until they are looked at again: looking takes a tenth of it.
Thousands that are late one after the other would else each have all of them looked at."""

BUSY: Final = 0.05
"""Seconds: a loop that comes to a timer so late was busy, and has not heard either what came."""
TURNS: Final = 5
"""So many turns it takes from the socket to who waits for an answer, and one more."""

_K = TypeVar("_K", bound=Hashable)


class Alarm:
    """A timer that may always be set to an earlier time; it rings once, never early.

    A ring that comes too early for anything does no harm, and costs less than a timer set anew.
    In a loop that was busy it comes a few turns later, after what came before it.

    due: when it rings, on the loop's `clock`.
    """

    __slots__ = ("_context", "_loop", "_now", "_ring", "_timer", "due")

    def __init__(self, ring: Callable[[], None], context: Context | None = None) -> None:
        """context: what it rings in, if not in that of who sets it."""
        self.due = math.inf
        self._ring = ring
        self._context = context
        self._loop = asyncio.get_running_loop()
        self._now = clock()
        self._timer: asyncio.TimerHandle | None = None

    def set(self, due: float) -> None:
        """Ring at this time, if not earlier."""
        if due < self.due:
            self.close()
            self.due = due
            delay = max(0.0, due - self._now())
            self._timer = self._loop.call_later(delay, self._rings, context=self._context)

    def rest(self, due: float, of: int) -> None:
        """Ring at this time, the first of so many, or a little later if it was a moment ago."""
        self.set(max(due, self._now() + REST * of))

    def close(self) -> None:
        """Do not ring."""
        self.due = math.inf
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _rings(self) -> None:
        late = self._now() - self.due
        self.due = math.inf
        self._timer = None
        self._wait(TURNS if late > BUSY else 0)

    def _wait(self, turns: int) -> None:
        """What came in time is heard first, though the loop comes late to both."""
        if turns:
            self._loop.call_soon(self._wait, turns - 1, context=self._context)
        else:
            self._ring()


class Deadlines(Generic[_K]):
    """Calls `late` with each key whose time is up; never early."""

    def __init__(self, late: Callable[[_K], None]) -> None:
        self._late = late
        self._now = clock()
        self._due: dict[_K, float] = {}
        self._alarm = Alarm(self._sweep)

    def set(self, key: _K, seconds: float) -> None:
        """Its time is up in so many seconds."""
        due = self._due[key] = self._now() + seconds
        if due < self._alarm.due:
            self._alarm.set(due)

    def drop(self, key: _K) -> None:
        """It no longer matters."""
        self._due.pop(key, None)

    def __len__(self) -> int:
        return len(self._due)

    def close(self) -> None:
        """Forget all."""
        self._due.clear()
        self._alarm.close()

    def _sweep(self) -> None:
        now = self._now()
        for key in [key for key, due in self._due.items() if due <= now]:
            self._due.pop(key, None)
            self._late(key)
        if self._due:
            self._alarm.rest(min(self._due.values()), len(self._due))


class TimeLimit:
    """What `asyncio.timeout` is, for many at a time: its block is cancelled, and raises
    TimeoutError, when its time is up.

    expired: whether it is.
    """

    __slots__ = ("_cancelling", "_deadlines", "_seconds", "_task", "expired")

    def __init__(self, deadlines: Deadlines[TimeLimit], seconds: float) -> None:
        self.expired = False
        self._deadlines = deadlines
        self._seconds = seconds

    def __enter__(self) -> Self:
        task = current_task(asyncio.get_running_loop())
        if task is None:
            raise RuntimeError("a call with a time limit is awaited in a task")
        self._task: asyncio.Task[Any] = task
        self._cancelling = task.cancelling()
        self._deadlines.set(self, self._seconds)
        return self

    def __exit__(
        self, cls: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        self._deadlines.drop(self)
        if not self.expired or self._task.uncancel() > self._cancelling:
            return
        if cls is not None and issubclass(cls, asyncio.CancelledError):
            raise TimeoutError from error

    def expire(self) -> None:
        """Its time is up."""
        self.expired = True
        self._task.cancel()
