"""`Pace`: how fast calls are served, and so which of those that wait can be served in time (D27).

Calls wait while as many as may be are under way; so, by Little's law, one begins each time that a
call takes, divided by how many that are. This is known as soon as one call has ended (before that a
call takes no less than those that are under way have taken), and a light load makes nobody
pessimistic; counting what ends in a while sees nothing until then, and far too little after.
"""

from __future__ import annotations

import math
from typing import Final

from .refusals import RETRY_AFTER

__all__ = ["Pace"]

SHARE: Final = 1 / 16
"""How much one call counts in the averages."""
REST: Final = 1 - SHARE
"""What is left to the others."""
CAREFUL: Final = 1.25
DEVIATIONS: Final = 2
"""A call is taken to need so much more than the mean: what all of them share, a busy loop or a full
socket, makes them slower all at once, and deviations do not tell of it."""
BRIEF: Final = 0.05
"""Seconds that are no wait to speak of."""
GROWTH: Final = 1 / 16
"""How many more calls may be under way after one was served, where some were refused."""
LATEST: Final = 60.0
"""Seconds after which a caller is asked to try again, at most."""


class Pace:
    """Learns from each call. At first everything can be served in time.

    under_way: calls that began and did not end. at_a_time: as many as may be.
    """

    __slots__ = ("_deviation", "_most", "_since", "_step", "_took", "at_a_time", "under_way")

    def __init__(self, at_a_time: int) -> None:
        self.under_way = 0
        self.at_a_time = float(at_a_time)
        self._most = at_a_time
        self._since = 0.0
        """The sum of the times at which they began."""
        self._step = 0.0
        self._took = 0.0
        self._deviation = 0.0

    def begun(self, calls: int, now: float) -> None:
        """So many calls began."""
        self.under_way += calls
        self._since += calls * now

    def left(self, calls: int, since: float) -> None:
        """Calls that began then were given up, which says nothing of how long one takes."""
        self.under_way -= calls
        self._since = self._since - calls * since if self.under_way else 0.0

    def ended(self, calls: int, since: float, now: float) -> None:
        """Calls that began then have ended: the averages are as if one had after the other."""
        self.left(calls, since)
        self.took(calls, now - since)

    def took(self, calls: int, seconds: float) -> None:
        """Calls were served, each in so long, one after the other."""
        if self.at_a_time < self._most:
            self.at_a_time = min(self.at_a_time + calls * GROWTH, self._most)
        if not self._took:
            self._took = seconds
        rest = REST**calls
        off = self._took - seconds
        self._deviation = rest * (self._deviation + calls * SHARE / REST * abs(off))
        self._took = seconds + off * rest

    def refused(self, since: float) -> None:
        """A call that began then was refused elsewhere: it was one too many."""
        self.left(1, since)
        self.at_a_time = max(1.0, self.at_a_time - 1)

    @property
    def narrowed(self) -> bool:
        """Whether fewer may be under way than at first."""
        return self.at_a_time < self._most

    @property
    def full(self) -> bool:
        """Whether the next call waits."""
        return self.under_way >= self.at_a_time

    @property
    def room(self) -> int:
        """How many calls may begin now."""
        room = math.ceil(self.at_a_time - self.under_way)
        return room if room > 0 else 0

    def stepped(self, calls: int, seconds: float) -> None:
        """So many calls began; so long did the processor do nothing else."""
        each = seconds / calls
        share = min(1.0, calls * SHARE) if self._step else 1.0
        self._step += (each - self._step) * share

    def _takes(self, now: float) -> float:
        """Seconds that a call takes; no less than those under way have taken."""
        age = now - self._since / self.under_way if self.under_way else 0.0
        return max(self._took, age)

    def _each(self, takes: float) -> float:
        """Seconds between the beginnings of two calls that wait."""
        return max(takes / self.at_a_time, self._step)

    def before(self, left: float, of: float, now: float) -> float:
        """How many calls may wait before one that has so many seconds left of those that it had,
        if that shall be served in time; below 0 if none may, nor it be served.

        What takes nearly all of its time, and what hardly waited, is given the chance that it has
        without a queue.
        """
        takes = self._takes(now)
        needed = takes * CAREFUL + DEVIATIONS * self._deviation
        spare = left - min(needed, of * 0.75)
        if spare < 0:
            return 0 if of - left < BRIEF else -1
        each = self._each(takes)
        return spare / each if each else math.inf

    def refuses(self, ahead: int, left: float, of: float, now: float) -> bool:
        """Whether a call with so many ahead of it cannot be served in time; see `before`."""
        return ahead > self.before(left, of, now)

    def retry_after(self, waiting: int, now: float) -> float:
        """Seconds in which so many that wait are served."""
        return min(max(RETRY_AFTER, waiting * self._each(self._takes(now))), LATEST)
