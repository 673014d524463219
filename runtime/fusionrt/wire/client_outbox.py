"""What a client still has to say to its host (D17, D19, D27).

Of its calls the host has only so many at a time. The others wait here, first come, first served:
a call that waits in a socket or in the host's inbox grows old without anybody knowing. (A host that
was asked for twice what it can do ran nothing but calls whose callers had left.)
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Final

from . import client_events as events
from .batch import call_size, chunks, parts, size
from .calls import CallTable
from .fences import AskedFences
from .frames import Calls, Cancel, ClientFrame, KeepAlive, Probe, Reading, Resync, Unsubscribe
from .limits import Limits
from .pace import BRIEF
from .runs import Asked, Run
from .uploads import ClientUploads

__all__ = ["ClientOutbox"]

_LONGEST = 2**32 - 1  # milliseconds
REFUSALS: Final = 256
"""Calls that are refused between two looks at what came."""
TURN: Final = 0.5
"""The share of a call's time after which it is not sent that was made in the same, long turn."""


class ClientOutbox:
    """Calls in the order in which they were made; whatever frees the host goes before them.

    pressed: `drain` stopped, though more calls that wait cannot be served in time.
    """

    def __init__(
        self,
        told: list[events.ClientEvent],
        calls: CallTable,
        uploads: ClientUploads,
        fences: AskedFences,
        limits: Limits,
        largest: int,
        unpacks: tuple[str, ...],
    ) -> None:
        """largest: bytes that the frames of a message may have. unpacks: see `KeepAlive`."""
        self._unpacks: Final = unpacks
        self._told: Final = told
        self._calls: Final = calls
        self._uploads: Final = uploads
        self._fences: Final = fences
        self._queue: Final = calls.queue
        self._limits: Final = limits
        self._largest: Final = largest
        self._bytes: Final = min(limits.batch_bytes, largest)
        self.roomy: Final = largest - call_size(b"", "")
        """Arguments of so many bytes fit into a message."""
        self.pressed = False
        self._waited = 0
        """Calls up to this id had to wait for others."""
        self._cancelled: list[int] = []
        self._unwanted: list[int] = []
        self._probes: list[Probe] = []

    def refuse(self, request: Asked) -> int:
        """Fail a call that no message can carry: its id."""
        length = len(request.arguments)
        id = self._queue.skip()
        problem = (
            f"its arguments have {length:,} bytes, too many for a message of {self._largest:,}"
        )
        self._told.append(events.Failed(id, "arguments_too_large", problem, b"", False))
        return id

    @property
    def room(self) -> int:
        """How many calls may be made now that need not wait for others."""
        return self._calls.pace.room - len(self._queue)

    def refuses(self, left: float, now: float) -> float:
        """Whether a call made now could not be served in so many seconds: those after which to try
        again; 0 if it can.
        """
        pace = self._calls.pace
        ahead = len(self._queue)
        if ahead >= self._limits.waiting or pace.refuses(ahead, left, left, now):
            return pace.retry_after(ahead, now)
        return 0.0

    def cancel(self, id: int) -> None:
        """Abandon a call; one that was not sent yet leaves no trace."""
        self._cancelled.extend(self._calls.abandon((id,)))

    def unsubscribe(self, ids: Iterable[int]) -> None:
        """Abandon held results."""
        self._unwanted.extend(self._calls.abandon(ids))

    def probe_call(self, probe: Probe) -> None:
        """Ask what a call waits for (D24)."""
        if size(probe) <= self._largest:
            self._probes.append(probe)

    def drain(self, now: float, turn: float) -> list[ClientFrame]:
        """What can be said now, and the credit of streams; it counts as said from here on.

        turn: seconds since the first of what is new was made.
        """
        frames: list[ClientFrame] = []
        if self._cancelled or self._unwanted:
            frames.extend(self._parting())
        if self._fences.asked:
            frames.extend(self._fences.take())
        if self._probes:
            frames.extend(self._probes)
            self._probes.clear()
        waiting = len(self._queue)
        while waiting and (room := self._calls.pace.room):
            run = self._queue.take(room)
            waiting -= len(run.arguments)
            if self._too_late(run, now, turn):
                self._calls.refused(run.ids, waiting, now)
            else:
                frames.extend(self._frames(run, now))
                self._calls.sent(run, now)
        self.pressed = waiting > 0 and self._refuse_hopeless(now)
        self._waited = self._queue.last_id
        frames.extend(self._calls.credits())
        if self._uploads.news:
            frames.extend(self._uploads.frames())
        return frames

    def _parting(self) -> list[ClientFrame]:
        """What was abandoned since this was said last."""
        frames: list[ClientFrame] = [Cancel(id) for id in self._cancelled]
        if self._unwanted:
            parts = chunks(self._unwanted, self._limits.ids)
            frames.extend(Unsubscribe(part) for part, _ in parts)
        self._cancelled.clear()
        self._unwanted.clear()
        self._calls.parted()
        return frames

    def _frames(self, run: Run, now: float) -> list[Calls]:
        """The frames of calls that are sent now."""
        ask, arguments, operations = run.ask, run.arguments, run.operations
        left = (run.deadline - now) * 1000.0
        budget = int(left) if 0.0 <= left <= _LONGEST else 0 if left < 0.0 else _LONGEST
        cuts = parts(arguments, operations, self._bytes) if len(arguments) > 1 else ((0, 1),)
        frames = []
        for start, end in cuts:
            given, of = tuple(arguments[start:end]), tuple(operations[start:end])
            first, headers = run.first + start, ask.headers
            frames.append(
                Calls(first, ask.kind, ask.method, given, ask.encoding, budget, of, headers)
            )
        return frames

    def _refuse_hopeless(self, now: float) -> bool:
        """The last to come wait the longest; of each run those are kept that can be served.

        Only so many at a time, for what came must be heard in between: whether there may be more.
        """
        left = REFUSALS
        while self._queue and left:
            run = self._queue.last
            before = min(self._before(run, now), self._limits.waiting - 1)
            served = math.floor(before) + 1 - (len(self._queue) - len(run))
            hopeless = min(len(run) - max(0, served), left)
            if hopeless <= 0:
                break
            left -= hopeless
            ids = self._queue.shorten(hopeless)
            self._calls.refused(reversed(ids), len(self._queue), now)
        return not left

    def _too_late(self, run: Run, now: float, turn: float) -> bool:
        """Whether a run whose turn it is cannot be served in time any more.

        One that did not wait for others saw how long a turn of the loop takes at the moment: what
        there is to hear waits for one, too.
        """
        if run.first <= self._waited:
            return self._before(run, now) < 0
        return turn > max(BRIEF, run.ask.timeout * TURN)

    def _before(self, run: Run, now: float) -> float:
        """How many calls may wait before one of the run."""
        return self._calls.pace.before(run.deadline - now, run.ask.timeout, now)

    def probe(self, number: int, resyncing: bool) -> list[ClientFrame]:
        """What is asked of the host. It comes last, so that its lists are true at its place.

        A fence may be asked again by it, and an answer to one may be lost in what is made up for.
        """
        if resyncing:
            return self.resync(number)
        digest = self._calls.digest
        return [
            *self._calls.all_credits(),
            *self._uploads.flows.positions(),
            KeepAlive(number, digest.count, digest.value, self._unpacks),
            *self._fences.again(),
        ]

    def resync(self, number: int) -> list[ClientFrame]:
        """All that the client believes in; the lists also say what it abandoned."""
        self._cancelled.clear()
        self._unwanted.clear()
        held, pending, streams = self._calls.listed()
        ids = self._limits.ids
        lists: list[tuple[Sequence[int], Sequence[int], Sequence[Reading]]] = []
        if len(held) + len(pending) + len(streams) <= ids:
            lists.append((held, pending, streams))
        else:
            lists.extend((part, (), ()) for part, _ in chunks(held, ids))
            lists.extend(((), part, ()) for part, _ in chunks(pending, ids) if part)
            lists.extend(((), (), part) for part, _ in chunks(streams, ids) if part)
        last = len(lists) - 1
        parts = [
            Resync(number, index, index == last, tuple(held), tuple(pending), tuple(streams))
            for index, (held, pending, streams) in enumerate(lists)
        ]
        return [*parts, *self._fences.again()]
