"""Fences: what a client knows to have changed, its hosts shall know, too, before they answer (D15).

A fence has a place in the order of a session. The host holds back what it was asked after it until
its own results, and those of its own sources, reflect the changes; what they made stale is told
before the answer. So a session needs no list of what has changed, and no argument travels.

Hosts may read from each other in a circle, so each fence says by how many hosts it may be passed
on, and waits only for fences that go less far: what has no answer never waits for itself. So fences
that go differently far never become one, and each has an answer of its own.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from .frames import Fence, Mark
from .marks import Marks

__all__ = ["HOPS", "UNDER_WAY", "AskedFences", "GivenFences"]

HOPS: Final = 8
"""Hosts that a fence is passed on by: nothing is made over so many. It ends long before, unless
services are made from each other in a circle."""
UNDER_WAY: Final = 16
"""Fences of a session that go equally far, and have no answer; what comes meanwhile waits for one
of them, as one."""
MOST_GIVEN: Final = UNDER_WAY * (HOPS + 1)


class AskedFences:
    """Those of a client's session.

    asked: whether one is to be sent, as soon as there may be more of them.
    """

    def __init__(self) -> None:
        self.asked = False
        self._number = 0
        self._new: dict[int, tuple[int, Marks]] = {}
        """What is to be sent, by how far it goes: its number, and its marks."""
        self._unanswered: dict[int, tuple[Fence, Marks]] = {}
        self._known: dict[int, Marks] = {}
        """All that was ever asked for, by how far that goes."""

    def ask(self, marks: Iterable[Mark], hops: int) -> int:
        """Have a fence for these, which is sent already or comes next: its number."""
        marks = tuple(marks)
        for fence, its in self._unanswered.values():
            if fence.hops == hops and its.cover(marks):
                return fence.number
        if hops not in self._new:
            self._number += 1
            self._new[hops] = self._number, Marks()
        self.asked = True
        number, new = self._new[hops]
        new.add(marks)
        self._known.setdefault(hops, Marks()).add(marks)
        return number

    def follow(self, marks: Iterable[Mark], hops: int) -> int | None:
        """The same, or one that goes farther; None if there was one, and it was answered."""
        marks = tuple(marks)
        unanswered = [(each.hops, each.number, its) for each, its in self._unanswered.values()]
        new = [(far, number, its) for far, (number, its) in self._new.items()]
        for far, number, its in (*unanswered, *new):
            if far >= hops and its.cover(marks):
                return number
        if any(far >= hops and its.cover(marks) for far, its in self._known.items()):
            return None
        return self.ask(marks, hops)

    def take(self) -> tuple[Fence, ...]:
        """What is to be sent."""
        under_way = [fence.hops for fence, _ in self._unanswered.values()]
        taken = []
        for hops in [each for each in self._new if under_way.count(each) < UNDER_WAY]:
            number, marks = self._new.pop(hops)
            taken.append(Fence(number, marks.all(), hops))
            self._unanswered[number] = taken[-1], marks
        self.asked = bool(self._new)
        return tuple(taken)

    def again(self) -> tuple[Fence, ...]:
        """Those without an answer, in case they were lost on the way."""
        return tuple(fence for fence, _ in self._unanswered.values())

    def answered(self, number: int) -> bool:
        """This one was; false if it was known."""
        return self._unanswered.pop(number, None) is not None


class GivenFences:
    """Those of a host's session that are not passed. One whose answer was lost comes again."""

    def __init__(self) -> None:
        self._waiting: set[int] = set()

    def came(self, number: int) -> bool:
        """Whether it is to be passed now."""
        if number in self._waiting or len(self._waiting) >= MOST_GIVEN:
            return False
        self._waiting.add(number)
        return True

    def passed(self, number: int) -> bool:
        """It is; false if it does not wait."""
        if number not in self._waiting:
            return False
        self._waiting.remove(number)
        return True
