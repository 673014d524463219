"""What a client still has to say to its host (D17, D19, D27).

Of its calls the host has only so many at a time. The others wait here, first come, first served:
a call that waits in a socket or in the host's inbox grows old without anybody knowing. (A host that
was asked for twice what it can do ran nothing but calls whose callers had left.)
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from typing import Final

from .batch import chunks
from .calls import CallTable, Request
from .frames import Calls, Cancel, ClientFrame, Reading, Resync, Unsubscribe
from .limits import Limits
from .states import Phase

__all__ = ["ClientOutbox"]

_LONGEST = 2**32 - 1  # milliseconds
REFUSALS: Final = 256
"""Calls that are refused between two looks at what came."""


class ClientOutbox:
    """Calls in the order in which they were made; whatever frees the host goes before them.

    pressed: `drain` stopped, though more calls that wait cannot be served in time.
    """

    def __init__(self, calls: CallTable, limits: Limits) -> None:
        self._calls: Final = calls
        self._limits: Final = limits
        self._ids: Final = limits.ids
        self._waiting: OrderedDict[int, Request] = OrderedDict()
        self.pressed = False
        self._waited = 0
        """Calls up to this id had to wait."""
        self._parting: list[Cancel | Unsubscribe] = []

    def call(self, id: int, request: Request) -> None:
        """Queue a call."""
        self._waiting[id] = request

    @property
    def waiting(self) -> int:
        """How many calls wait."""
        return len(self._waiting)

    @property
    def crowded(self) -> bool:
        """Whether a call made now must wait for others."""
        pace = self._calls.pace
        return len(self._waiting) + pace.under_way >= pace.at_a_time

    def refuses(self, left: float, now: float) -> float:
        """Whether a call made now could not be served in so many seconds: those after which to try
        again; 0 if it can.
        """
        pace = self._calls.pace
        ahead = len(self._waiting)
        if ahead >= self._limits.waiting or pace.refuses(ahead, left, left, now):
            return pace.retry_after(ahead, now)
        return 0.0

    def recall(self) -> list[int]:
        """Forget the calls that wait: their ids."""
        ids = list(self._waiting)
        self._waiting.clear()
        for id in ids:
            self._calls.abandon(id)
        return ids

    def cancel(self, id: int) -> None:
        """Abandon a call; one that was not sent yet leaves no trace."""
        self._waiting.pop(id, None)
        if self._calls.abandon(id) in (Phase.SENT, Phase.HELD):
            self._parting.append(Cancel(id))

    def unsubscribe(self, ids: Iterable[int]) -> None:
        """Abandon held results."""
        told = [id for id in ids if self._calls.abandon(id) in (Phase.SENT, Phase.HELD)]
        if told:
            self._parting.extend(Unsubscribe(part) for part, _ in chunks(told, self._ids))

    def drain(self, now: float) -> list[ClientFrame]:
        """What can be said now, and the credit of streams; it counts as said from here on."""
        frames: list[ClientFrame] = []
        for parting in self._parting:
            frames.append(parting)
            self._calls.parted((parting.id,) if isinstance(parting, Cancel) else parting.ids)
        self._parting.clear()
        while self._waiting and not self._calls.pace.full:
            id, request = self._waiting.popitem(last=False)
            if id <= self._waited and self._hopeless(request, 0, now):
                self._calls.refused(id, len(self._waiting), now)
            else:
                frames.append(_calls_frame(id, request, now))
                self._calls.sent(id, now)
        self._refuse_hopeless(now)
        if self._waiting:
            self._waited = next(reversed(self._waiting))
        frames.extend(self._calls.credits())
        return frames

    def _refuse_hopeless(self, now: float) -> None:
        """The last to come wait the longest; each is asked about until one can be served.

        Only so many at a time: what came must be heard in between.
        """
        self.pressed = True
        for _ in range(REFUSALS):
            if not self._waiting:
                break
            last = self._waiting[next(reversed(self._waiting))]
            ahead = len(self._waiting) - 1
            if ahead < self._limits.waiting and not self._hopeless(last, ahead, now):
                break
            id, _ = self._waiting.popitem()
            self._calls.refused(id, len(self._waiting), now)
        else:
            return
        self.pressed = False

    def _hopeless(self, request: Request, ahead: int, now: float) -> bool:
        return self._calls.pace.refuses(ahead, request.deadline - now, request.timeout, now)

    def resync(self, number: int) -> list[ClientFrame]:
        """All that the client believes in; the lists also say what it abandoned."""
        self._parting.clear()
        held, pending, streams = self._calls.listed()
        parts: list[tuple[Sequence[int], Sequence[int], Sequence[Reading]]] = []
        if len(held) + len(pending) + len(streams) <= self._ids:
            parts.append((held, pending, streams))
        else:
            parts.extend((part, (), ()) for part, _ in chunks(held, self._ids))
            parts.extend(((), part, ()) for part, _ in chunks(pending, self._ids) if part)
            parts.extend(((), (), part) for part, _ in chunks(streams, self._ids) if part)
        last = len(parts) - 1
        return [
            Resync(number, index, index == last, tuple(held), tuple(pending), tuple(streams))
            for index, (held, pending, streams) in enumerate(parts)
        ]


def _calls_frame(id: int, request: Request, now: float) -> Calls:
    """The frame of a call that is sent now."""
    budget = min(max(0.0, (request.deadline - now) * 1000.0), _LONGEST)
    return Calls(
        id,
        request.kind,
        request.method,
        (request.arguments,),
        request.encoding,
        int(budget),
        (request.operation,) if request.operation else (),
        request.hops,
    )
