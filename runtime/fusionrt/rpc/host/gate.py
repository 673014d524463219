"""`Gate`: which calls of a service run next, which wait, and which are refused at once (D27).

The calls of one client begin in the order in which they came; principals that wait take turns, and
so do the clients of one: one that floods, from however many processes, delays the others by a turn
of its own for each of theirs, and shuts out nobody.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import OrderedDict
from typing import Final

from ...primitives import clock
from ...wire.pace import BRIEF, Pace
from .statistics import GateStatistics
from .work import Line, Work

__all__ = ["CONCURRENCY", "Gate"]

CONCURRENCY: Final = 1000
"""Bodies of one service that wait at a time; further calls wait their turn."""
REFUSALS: Final = 16
"""Calls of one line that are refused when one of it begins."""


class Gate:
    """Of one service, for the lines of all its clients.

    lines: clients of whom calls are in line. waiting: how many calls that are. refused: so far.
    """

    def __init__(self, most_in_line: int) -> None:
        """most_in_line: calls of one client that wait; further ones are refused."""
        self._most_in_line = most_in_line
        self._now = clock()
        self._pace = Pace(CONCURRENCY)
        self.waiting = 0
        self.refused = 0
        self.lines = 0
        self._turns: OrderedDict[str, OrderedDict[Line, None]] = OrderedDict()
        """Of each principal the lines with somebody in it; the first one's turn is next."""

    @property
    def share(self) -> int:
        """How many bodies that wait may begin before it is another client's turn."""
        return max(1, self._pace.room // self.lines)

    @property
    def first(self) -> Work | None:
        """Calls whose turn is next, if there is room for one; see `next`."""
        if not self.lines or self._pace.full:
            return None
        return next(iter(next(iter(self._turns.values())))).works[0]

    def enter(self, work: Work) -> None:
        """Calls came: those that can be served in time are in line now, the others refused; what
        waits for none is tried.
        """
        line, now, count = work.line, self._now(), len(work.todo)
        work.seconds = work.due - now
        is_lone = count == 1 and not self.lines
        room = min(count, self._most_in_line) if is_lone else self._room(work, count, now)
        if room:
            line.works.append(work)
            self._join(line)
        refused = work.drop_last(count - room) if room < count else None
        self.recount(work)
        if refused:
            self._refuse(work, refused, now)

    def _join(self, line: Line) -> None:
        lines = self._turns.setdefault(line.principal, OrderedDict())
        if line not in lines:
            lines[line] = None
            self.lines += 1

    def _in_turn(self, line: Line) -> int:
        """How many turns there are until it is this line's again; it may be about to wait."""
        lines = self._turns.get(line.principal)
        if lines is None:
            return len(self._turns) + 1
        return len(self._turns) * (len(lines) + (line not in lines))

    def _room(self, work: Work, count: int, now: float) -> int:
        """How many of so many calls can be served in time."""
        line = work.line
        lines = self._in_turn(line)

        def ahead(index: int) -> int:
            return min(self.waiting + index, (line.calls + index) * lines)

        room = max(0, min(count, self._most_in_line - line.calls))
        if room and (last := ahead(room - 1)):
            before = self._pace.before(work.seconds, work.seconds, now)
            if last > before:
                return bisect_left(range(room), True, key=lambda index: ahead(index) > before)
        return room

    def next(self, most: int = 1) -> Work | None:
        """Calls of which the first, or so many, are to begin now; none if nobody is in line, or too
        many run.
        """
        while (work := self.first) is not None:
            now = self._now()
            left = work.due - now
            if left <= 0 and work.is_timed:
                work.client.late(work)
            elif work.seconds - left >= BRIEF and self._pace.refuses(0, left, work.seconds, now):
                self._refuse(work, self.drop(work), now)
            else:
                self._refuse_last(work.line, most, now)
                return work
        return None

    def took(self, work: Work) -> None:
        """Some of its calls began: it is another client's turn."""
        self.recount(work)
        line = work.line
        lines = self._turns.get(line.principal)
        if lines is not None:
            self._turns.move_to_end(line.principal)
            if line in lines:
                lines.move_to_end(line)

    def recount(self, work: Work) -> None:
        """Calls of it began, or were given up."""
        line, left = work.line, len(work.todo)
        more = left - work.counted
        line.calls += more
        self.waiting += more
        work.counted = left
        if not left and work in line.works:
            line.works.remove(work)
            if not line.works:
                self.lines -= 1
                del self._turns[line.principal][line]
                if not self._turns[line.principal]:
                    del self._turns[line.principal]

    def leave(self, line: Line, id: int) -> Work | None:
        """Nobody waits for this call any more, if it is still in line: of what it was."""
        for work in line.works:
            if work.first <= id <= work.last:
                work.drop(id)
                self.recount(work)
                return work
        return None

    def drop(self, work: Work) -> list[int]:
        """Those of its calls that did not begin never will: which they are."""
        ids = work.drop_all()
        self.recount(work)
        return ids

    def waits(self, since: float, bodies: int = 1) -> None:
        """Bodies that began then wait: each takes a place."""
        self._pace.begun(bodies, since)

    def stopped(self, since: float, bodies: int = 1) -> None:
        """Bodies that waited have ended."""
        self._pace.ended(bodies, since, self._now())

    def served(self, calls: int, since: float, now: float) -> None:
        """So many bodies ended without waiting, one after the other, from then to now."""
        self._pace.took(calls, (now - since) / calls)

    def stepped(self, calls: int, seconds: float) -> None:
        """So many bodies began; so long did the processor do nothing else."""
        self._pace.stepped(calls, seconds)

    def statistics(self) -> GateStatistics:
        """Who runs, and who waits."""
        return GateStatistics(self._pace.under_way, self.waiting, self.lines, self.refused)

    def _refuse_last(self, line: Line, begin: int, now: float) -> None:
        """The last of a line wait the longest; each is asked about until one can be served."""
        for _ in range(begin * REFUSALS):
            if line.calls == 1:
                return
            work = line.works[-1]
            ahead = min(self.waiting - 1, line.calls * self._in_turn(line))
            if not self._pace.refuses(ahead, work.due - now, work.seconds, now):
                return
            refused = work.drop_last(1)
            self.recount(work)
            self._refuse(work, refused, now)

    def _refuse(self, work: Work, ids: list[int], now: float) -> None:
        self.refused += len(ids)
        work.client.refuse(work, ids, self._pace.retry_after(self.waiting, now))
