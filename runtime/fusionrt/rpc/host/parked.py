"""`Parked`: the calls of a session that were made ahead, each until the result ends that it comes
after (see `Kind.AHEAD`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Final, NamedTuple

from msgspec import structs

from ...wire.frames import Calls, Kind

__all__ = ["Parked", "Place", "begun"]


class Place(NamedTuple):
    """One call of a frame."""

    calls: Calls
    at: int

    @property
    def id(self) -> int:
        return self.calls.first + self.at

    @property
    def bytes(self) -> int:
        """Of its arguments."""
        return len(self.calls.arguments[self.at])


class Parked:
    """They cost no more than their place here until they begin.

    calls: by the result that each comes after. bytes: of their arguments.
    """

    def __init__(self, holds: Callable[[int], bool], begin: Callable[[Place], None]) -> None:
        """holds: whether a result has not ended. begin: takes each when it is to begin."""
        self.calls: Final[dict[int, Place]] = {}
        self.bytes = 0
        self._after: Final[dict[int, int]] = {}
        """By its id, what each comes after."""
        self._holds: Final = holds
        self._begin: Final = begin

    def add(self, calls: Calls) -> None:
        """Each begins when its result ends: now, if it has. A second one of a result does not wait,
        so that there are no more of them than results.
        """
        for index, operation in enumerate(calls.operations):
            of, place = int(operation), Place(calls, index)
            if of in self.calls or not self._holds(of):
                self._begin(place)
            else:
                self.calls[of] = place
                self.bytes += place.bytes
                self._after[place.id] = of

    def ended(self, of: int) -> None:
        """A result has ended."""
        if of in self.calls:
            self._begin(self._pop(of))

    def drop(self, id: int) -> None:
        """Nobody wants a call any more."""
        if id in self._after:
            self._pop(self._after[id])

    def clear(self) -> None:
        """Nobody wants any."""
        self.calls.clear()
        self._after.clear()
        self.bytes = 0

    def _pop(self, of: int) -> Place:
        place = self.calls.pop(of)
        self.bytes -= place.bytes
        del self._after[place.id]
        return place


def begun(places: Iterable[Place]) -> Iterator[Calls]:
    """The calls that they are from here on: those of a frame that have ids in a row in one."""
    frames: dict[int, tuple[Calls, list[int]]] = {}
    for calls, index in places:
        frames.setdefault(calls.first, (calls, []))[1].append(index)
    for calls, indices in frames.values():
        indices.sort()
        start = 0
        for end in range(1, len(indices) + 1):
            if end == len(indices) or indices[end] != indices[end - 1] + 1:
                yield _part(calls, indices[start], indices[end - 1] + 1)
                start = end


def _part(calls: Calls, start: int, stop: int) -> Calls:
    return structs.replace(
        calls,
        first=calls.first + start,
        kind=Kind.COMPUTE,
        arguments=calls.arguments[start:stop],
        operations=(),
    )
