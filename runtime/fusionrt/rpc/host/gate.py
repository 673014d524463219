"""`Gate`: which calls of a service run, which wait, and which are refused at once (D27).

The calls of one client begin in the order in which they came; clients that wait take turns, so that
one that floods delays the others by a call of its own for each of theirs, and shuts out nobody.

No more bodies begin in one turn of the loop than take about `SLICE`: keep-alives, cancellations and
answers come in between, however long a queue is, and whatever the bodies cost. (With a turn for all
that had come, a second's worth of bodies ran in one go: what came meanwhile was stale when it was
read, and a host that did nothing else answered no ping for four seconds.)
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from typing import Final, NamedTuple, Protocol

from ...primitives import clock
from ...wire.pace import Pace
from .statistics import GateStatistics

__all__ = ["CONCURRENCY", "Entrant", "Gate", "Line"]

CONCURRENCY: Final = 1000
"""Bodies of one service that run at a time; further calls wait their turn."""
SLICE: Final = 0.01
"""Seconds of bodies between two looks at what came."""
REFUSALS: Final = 16
"""Calls of one line that are refused when one of it begins."""
MOST: Final = 128
"""Bodies that begin in one turn of the loop, however little they take."""


class Entrant(Protocol):
    """A call that wants to run. Exactly one of these is called, at once or later."""

    def begin(self, now: float) -> None:
        """It is its turn; tell `ended` this time when it is over."""

    def refuse(self, retry_after: float) -> None:
        """It cannot be served in time; it may be in so many seconds."""

    def forget(self) -> None:
        """Nobody waits for it any more."""


class _Waiting(NamedTuple):
    entrant: Entrant
    seconds: float
    due: float


class Line:
    """The calls of one client that wait, in their order."""

    __slots__ = ("waiting",)

    def __init__(self) -> None:
        self.waiting: OrderedDict[int, _Waiting] = OrderedDict()


class Gate:
    """Of one service, for the lines of all its clients."""

    def __init__(self, most_in_line: int) -> None:
        """most_in_line: calls of one client that wait; further ones are refused."""
        self._most_in_line = most_in_line
        self._loop = asyncio.get_running_loop()
        self._now = clock()
        self._pace = Pace(CONCURRENCY)
        self._waiting = 0
        self._lines: OrderedDict[Line, None] = OrderedDict()
        """Those with somebody in it; the first one's turn is next."""
        self._batch = 8
        self._left = self._batch
        self._turned = self._now()
        self._turning = False

    def enter(self, line: Line, id: int, entrant: Entrant, seconds: float) -> None:
        """A call came; an answer is of no use after so many seconds."""
        if not self._lines and not self._pace.full and self._left:
            self._begin(entrant, self._now())
            self._turn_later()
            return
        now = self._now()
        ahead = min(self._waiting, (len(line.waiting) + 1) * max(1, len(self._lines)))
        if len(line.waiting) >= self._most_in_line or self._pace.refuses(
            ahead, seconds, seconds, now
        ):
            entrant.refuse(self._pace.retry_after(ahead, now))
            return
        line.waiting[id] = _Waiting(entrant, seconds, now + seconds)
        self._lines.setdefault(line)
        self._waiting += 1
        self._turn_later()

    def leave(self, line: Line, id: int) -> None:
        """Nobody waits for this call any more, if it is still in line."""
        call = line.waiting.pop(id, None)
        if call is not None:
            self._waiting -= 1
            if not line.waiting:
                del self._lines[line]
            call.entrant.forget()

    def ended(self, since: float) -> None:
        """What began then is over."""
        self._pace.ended(1, since, self._now())
        if self._lines:
            self._turn_later()

    def statistics(self) -> GateStatistics:
        """Who runs, and who waits."""
        return GateStatistics(self._pace.under_way, self._waiting, len(self._lines))

    def _begin(self, entrant: Entrant, now: float) -> None:
        self._left -= 1
        self._pace.begun(1, now)
        entrant.begin(now)

    def _turn_later(self) -> None:
        if not self._turning:
            self._turning = True
            self._turned = self._now()
            self._loop.call_soon(self._turn)

    def _turn(self) -> None:
        """Comes after the bodies that began at the last turn took their first steps."""
        now = self._now()
        self._turning = False
        if self._left < self._batch:
            self._measure(self._batch - self._left, now - self._turned)
        self._left = self._batch
        while self._lines and self._left and not self._pace.full:
            self._next(now)
        if self._left < self._batch:
            self._turn_later()

    def _measure(self, begun: int, took: float) -> None:
        self._pace.stepped(begun, took)
        if took > SLICE:
            self._batch = max(1, self._batch // 2)
        elif took < SLICE / 4:
            self._batch = min(MOST, self._batch * 2)

    def _next(self, now: float) -> None:
        line, _ = self._lines.popitem(last=False)
        _, call = line.waiting.popitem(last=False)
        self._waiting -= 1
        if self._hopeless(call, 0, now):
            self._refuse(call, now)
        else:
            self._begin(call.entrant, now)
        self._refuse_last(line, now)
        if line.waiting:
            self._lines[line] = None

    def _refuse_last(self, line: Line, now: float) -> None:
        """The last of a line wait the longest; each is asked about until one can be served."""
        for _ in range(REFUSALS):
            if not line.waiting:
                return
            call = next(reversed(line.waiting.values()))
            ahead = min(self._waiting - 1, len(line.waiting) * (len(self._lines) + 1))
            if not self._hopeless(call, ahead, now):
                return
            line.waiting.popitem()
            self._waiting -= 1
            self._refuse(call, now)

    def _hopeless(self, call: _Waiting, ahead: int, now: float) -> bool:
        return self._pace.refuses(ahead, call.due - now, call.seconds, now)

    def _refuse(self, call: _Waiting, now: float) -> None:
        call.entrant.refuse(self._pace.retry_after(self._waiting, now))
