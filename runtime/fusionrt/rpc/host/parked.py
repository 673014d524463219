"""`Parked`: the calls of a session that were made ahead, each until the result ends that it comes
after (see `Kind.AHEAD`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from operator import attrgetter
from typing import Final

from msgspec import structs

from ...wire.frames import Calls, Kind
from .servant import one_of

__all__ = ["Parked", "joined"]


class Parked:
    """They cost no more than their place here until they begin.

    calls: by the result that each comes after. bytes: of their arguments.
    """

    def __init__(self, holds: Callable[[int], bool], begin: Callable[[Calls], None]) -> None:
        """holds: whether a result has not ended. begin: takes each as the call that it is then."""
        self.calls: Final[dict[int, Calls]] = {}
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
            of = int(operation)
            call = structs.replace(one_of(calls, index), kind=Kind.COMPUTE, operations=())
            if of in self.calls or not self._holds(of):
                self._begin(call)
            else:
                self.calls[of] = call
                self.bytes += len(call.arguments[0])
                self._after[call.first] = of

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

    def _pop(self, of: int) -> Calls:
        call = self.calls.pop(of)
        self.bytes -= len(call.arguments[0])
        del self._after[call.first]
        return call


def joined(calls: Iterable[Calls]) -> list[Calls]:
    """The same calls in fewer frames: those that are alike and have ids in a row in one."""
    runs: list[list[Calls]] = []
    for call in sorted(calls, key=attrgetter("first")):
        if runs and _follows(call, runs[-1][-1]):
            runs[-1].append(call)
        else:
            runs.append([call])
    return [
        structs.replace(run[0], arguments=tuple(call.arguments[0] for call in run)) for run in runs
    ]


def _follows(call: Calls, last: Calls) -> bool:
    return call.first == last.first + 1 and _alike(call) == _alike(last)


_alike: Final = attrgetter("method", "encoding", "headers")
