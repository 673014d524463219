"""Which results are kept: at most so many in a graph, chosen by SIEVE (G34).

SIEVE (Zhang et al., NSDI 2024): results stand in the order in which they came, and a use sets a
mark. To make room a hand walks from the oldest to the newest, takes marks away, and lets those go
that have none. What is let go is forgotten only if nobody holds it: see `Function.demote`.

Each function has an order of its own, so that a graph keeps no service alive (G31); room is made
where most results are.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, Any, Final

from ...native import twin

if TYPE_CHECKING:
    from .computed import Computed
    from .function import Function

__all__ = ["Place", "Room", "Sieve"]

STEPS: Final = 64
"""How far a hand goes at a time."""
BATCH: Final = 16
"""How many results it lets go at a time, at most."""
PACE: Final = 32
"""How many results are looked at for each that comes, while what may be let go does not suffice."""


@twin
class Place:
    """A place in an order, which is a ring: where it ends and begins, or a computed in it."""

    __slots__ = ("_newer", "_older")

    _newer: Any
    _older: Any


@twin
class SieveFields:
    """Those of a `Sieve`."""

    __slots__ = ("_end", "_hand", "_min_cached", "_room", "_used_at", "size")

    _room: Room
    _min_cached: bool
    _end: Place
    _hand: Any
    _used_at: dict[Computed[Any], float]
    """When each was used, if that is noted."""
    size: int


class Sieve(SieveFields):
    """The kept results of one function, oldest first.

    room: what they take up, and those of the other functions. min_cached: whether it is noted when
    they were used.
    """

    __slots__ = ()

    def __init__(self, room: Room, *, min_cached: bool = False) -> None:
        self._room = room
        self._min_cached = min_cached
        end = self._end = Place()
        end._newer = end._older = end
        self._hand = end
        self._used_at = {}
        self.size = 0

    def add(self, computed: Computed[Any]) -> None:
        """Keep one that is Consistent now, the newest; let others go if these are too many."""
        room, end = self._room, self._end
        computed._older = end._older
        computed._newer = end
        end._older._newer = computed
        end._older = computed
        self.size += 1
        room.size += 1
        if self._min_cached:
            self._used_at[computed] = room.now()
        if room.size > room.limit:
            room.make()

    def remove(self, computed: Computed[Any]) -> None:
        """Keep it no more."""
        if self._hand is computed:
            self._hand = computed._newer
        computed._older._newer = computed._newer
        computed._newer._older = computed._older
        computed._newer = computed._older = None
        if self._min_cached:
            del self._used_at[computed]
        self.size -= 1
        self._room.size -= 1

    def sift(self, now: float, *, spare_min_cached: bool) -> list[Computed[Any]]:
        """Go on with the hand: the results that may be let go. The newest never is.

        What something was made from is pinned; what `min_cache` holds, too, if it is spared.
        """
        found: list[Computed[Any]] = []
        newest = self._end._older
        for _ in range(min(STEPS, self.size)):
            computed = self._hand if self._hand is not self._end else self._end._newer
            self._hand = computed._newer
            if computed is newest:
                continue
            if self.take_use(computed, now):
                pass
            elif not computed._dependants and not (
                spare_min_cached and self.is_min_cached(computed, now)
            ):
                found.append(computed)
                if len(found) == BATCH:
                    break
        return found

    def take_use(self, computed: Computed[Any], now: float) -> bool:
        """Whether it was used since its mark was taken last."""
        used = computed._take_mark()
        if used and self._min_cached:
            self._used_at[computed] = now
        return used

    def is_min_cached(self, computed: Computed[Any], now: float) -> bool:
        """Whether `min_cache` holds it still (G23)."""
        seconds = computed._function.options.min_cache
        if seconds is None:
            return False
        self.take_use(computed, now)
        return now < self._used_at[computed] + seconds


@twin
class RoomFields:
    """Those of a `Room`."""

    __slots__ = ("limit", "size")

    limit: int
    size: int


class Room(RoomFields):
    """The bound of a graph.

    functions: whose results it keeps. limit: how many, beside those that others were made from.
    size: how many it keeps now. evicted: how many it has let go.
    """

    def __init__(
        self, functions: Collection[Function[Any]], limit: int, now: Callable[[], float]
    ) -> None:
        self._functions = functions
        self.limit = limit
        self.size = 0
        self.evicted = 0
        self.now = now
        self._rest = 0
        """So many results may come before it is looked again what may go."""

    def empty(self) -> int:
        """Let everything go that may be, also if there is room for it; tells how many."""
        now = self.now()
        everything = [
            computed for function in self._functions for computed in function.table.values()
        ]
        pending = [computed for computed in everything if not computed._dependants]
        del everything
        released = 0
        while pending:
            computed = pending.pop()
            function = computed._function
            if computed._newer is None or function.kept.is_min_cached(computed, now):
                continue  # it is being computed, or was let go by then
            function.demote(computed)
            released += 1
            pending += [each for each in computed._dependencies if not each._dependants]
        self.evicted += released
        return released

    def make(self) -> None:
        """Let results go, for one more came than there is room for.

        Where most are pinned, or were used, this is a long search, and those that come share it.
        """
        if self._rest:
            self._rest -= 1
            return
        looked = 0
        by_size = sorted(self._functions, key=lambda function: -function.kept.size)
        now = self.now()
        for spare_min_cached in (True, False):  # `min_cache` holds up to the bound only (G23)
            for function in by_size:
                looked += min(STEPS, function.kept.size)
                found = function.kept.sift(now, spare_min_cached=spare_min_cached)
                for computed in found:
                    function.demote(computed)
                self.evicted += len(found)
                if self.size <= self.limit:
                    return
        self._rest = looked // PACE
