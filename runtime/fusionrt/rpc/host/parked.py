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
    """One call. alike: its frame, without the arguments of it and of the others."""

    id: int
    arguments: bytes
    alike: Calls


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
        alike = structs.replace(calls, kind=Kind.COMPUTE, arguments=(), operations=())
        for id, operation, arguments in zip(
            calls.ids, calls.operations, calls.arguments, strict=True
        ):
            of, place = int(operation), Place(id, arguments, alike)
            if of in self.calls or not self._holds(of):
                self._begin(place)
            else:
                self.calls[of] = place
                self.bytes += len(arguments)
                self._after[id] = of

    def ended(self, of: int) -> None:
        """A result has ended."""
        if of in self.calls:
            self._begin(self._pop(of))

    def withdraw(self, of: int) -> int | None:
        """A result is let go of, and the call after it does not begin: its id."""
        return self._pop(of).id if of in self.calls else None

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
        self.bytes -= len(place.arguments)
        del self._after[place.id]
        return place


def begun(places: Iterable[Place]) -> Iterator[Calls]:
    """The calls that they are from here on: those of a frame that have ids in a row in one."""
    run: list[Place] = []
    for place in sorted(places):
        if run and (place.id != run[-1].id + 1 or place.alike is not run[-1].alike):
            yield _joined(run)
            run = []
        run.append(place)
    if run:
        yield _joined(run)


def _joined(run: list[Place]) -> Calls:
    arguments = tuple([place.arguments for place in run])
    return structs.replace(run[0].alike, first=run[0].id, arguments=arguments)
