"""Fences: what a client knows to have changed, its hosts shall know, too, before they answer (D15).

A fence has a place in the order of a session. The host holds back what it was asked after it until
its own results, and those of its own sources, reflect the changes; what they made stale is told
before the answer. So a session needs no list of what has changed, and no argument travels.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from .frames import Fence, Mark
from .marks import Marks

__all__ = ["HOPS", "AskedFences", "GivenFences"]

HOPS: Final = 8
"""Hosts that a fence is passed on by. Nothing is made over so many; but where hosts read from each
other in a circle, nobody can tell where to stop."""
UNDER_WAY: Final = 16
"""Fences of a session without an answer; what comes meanwhile waits for one of them, as one. What
goes less far than all of these waits for none of them: in a circle of hosts they wait for it."""


class AskedFences:
    """Those of a client's session.

    asked: whether one is to be sent, as soon as there may be more of them.
    """

    def __init__(self) -> None:
        self.asked = False
        self._number = 0
        self._new = Marks()
        self._open = Marks()
        """Of all that have no answer."""
        self._hops: set[int] = set()
        """Of the next one alone: those of what has no answer would go round a circle for ever."""
        self._most_hops = 0
        """Of all that have no answer."""
        self._unanswered: dict[int, int] = {}
        """Their hops, by number."""

    def ask(self, marks: Iterable[Mark], hops: int) -> int:
        """The next fence is for these, too: its number."""
        self._new.add(marks)
        self._hops.add(hops)
        self.asked = True
        return self._number + 1

    def take(self) -> tuple[Fence, ...]:
        """What is to be sent."""
        hops = max(self._hops)
        if len(self._unanswered) >= UNDER_WAY:
            hops = min(self._hops)
            if hops >= min(self._unanswered.values()):
                return ()
        self.asked = False
        self._hops.clear()
        self._open.add(self._new.all())
        self._new.clear()
        self._number += 1
        self._unanswered[self._number] = hops
        self._most_hops = max(self._most_hops, hops)
        return (self._latest(hops),)

    def again(self) -> tuple[Fence, ...]:
        """The last one, in case it was lost on the way."""
        return (self._latest(self._most_hops),) if self._unanswered else ()

    def _latest(self, hops: int) -> Fence:
        return Fence(self._number, self._open.all(), hops)

    def answered(self, number: int) -> bool:
        """This one was, and so are those before it; false if it was known."""
        left = {each: hops for each, hops in self._unanswered.items() if each > number}
        known = len(left) == len(self._unanswered)
        self._unanswered = left
        if not left:
            self._open.clear()
            self._most_hops = 0
        return not known


class GivenFences:
    """Those of a host's session: which it has seen, and which are not passed."""

    def __init__(self) -> None:
        self._last = 0
        self._waiting: dict[int, None] = {}

    def __len__(self) -> int:
        return len(self._waiting)

    def came(self, number: int) -> bool:
        """Whether it is to be passed: it is new, or its answer was lost."""
        if number < self._last or number in self._waiting:
            return False
        self._last = number
        self._waiting[number] = None
        return True

    def waits(self, number: int) -> bool:
        """Whether one that came is not passed."""
        return number in self._waiting

    def passed(self, number: int) -> None:
        """It is, and so are those before it, whose marks it had."""
        self._waiting = {each: None for each in self._waiting if each > number}
