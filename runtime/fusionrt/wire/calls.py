"""A client's calls: what was asked, what is held, what the host says of it (D2, D4, D12, D18)."""

from __future__ import annotations

import math
from collections.abc import Iterable
from itertools import compress
from typing import Final

import msgspec

from . import client_events as events
from .digest import Digest
from .frames import Credit, Encoding, End, Ending, Failure, Items, Kind, Reading, Results
from .inflow import Inflows, Taken
from .limits import Limits
from .pace import Pace
from .refusals import OVERLOADED, refusal
from .states import CALL, Phase

__all__ = ["CallTable", "Request"]


class Request(msgspec.Struct, frozen=True, gc=False):
    """A call to make.

    method: `method_id` of its name. deadline: on the clock that the session is told; seconds.
    operation: a command's operation id. hops: hosts that this compute call has come through.
    timeout: the seconds that it had in all.
    """

    kind: Kind
    method: int
    arguments: bytes
    deadline: float
    encoding: Encoding = Encoding.MSGPACK
    operation: str = ""
    hops: int = 0
    timeout: float = math.inf


class _Call:
    """One call, sent at `since`."""

    __slots__ = ("kind", "phase", "since")

    def __init__(self, kind: Kind) -> None:
        self.kind = kind
        self.phase = Phase.QUEUED
        """Changes as `CALL` says."""
        self.since = 0.0


class CallTable:
    """A table of the live calls by id, which reports what happens to them as events.

    pace: how fast the host answers what it has; streams are none of that.
    digest: over the ids that the host must have registered, as far as this end knows (D12).
    """

    def __init__(self, told: list[events.ClientEvent], limits: Limits) -> None:
        self.digest = Digest()
        self.pace = Pace(limits.under_way)
        self._at_a_time: Final = limits.under_way
        self._told: Final = told
        self._streams: Final = Inflows(limits)
        self._calls: dict[int, _Call] = {}
        self._last_id = 0

    def open(self, kind: Kind) -> int:
        """A new call, queued; ids rise, and are never used twice in a session."""
        self._last_id += 1
        self._calls[self._last_id] = _Call(kind)
        if kind is Kind.STREAM:
            self._streams.open(self._last_id)
        return self._last_id

    def phase(self, id: int) -> Phase:
        """How far a call is."""
        call = self._calls.get(id)
        return Phase.OVER if call is None else call.phase

    def sent(self, id: int, now: float) -> None:
        """A queued call is sent now."""
        call = self._calls[id]
        call.phase = CALL[call.phase]["send"]
        self.digest.add(id)
        if call.kind is not Kind.STREAM:
            call.since = now
            self.pace.begun(1, now)

    def refused(self, id: int, waiting: int, now: float) -> None:
        """A queued call cannot be served in time, for so many wait: it is not sent."""
        self._end(id, self._calls[id])
        ending = refusal(self.pace.retry_after(waiting, now))
        self._told.append(events.Failed(id, ending.code, ending.message, ending.data, False))

    def abandon(self, id: int) -> Phase:
        """Forget a call: how far it was. If it was sent, say `parted` when the host is told."""
        call = self._calls.get(id)
        if call is None:
            return Phase.OVER
        phase = call.phase
        self._left(id, call)
        return phase

    def parted(self, ids: Iterable[int]) -> None:
        """The host is told now that these are abandoned."""
        for id in ids:
            self.digest.remove(id)

    def _end(self, id: int, call: _Call) -> None:
        """A call is over."""
        del self._calls[id]
        self._streams.drop(id)
        call.phase = CALL[call.phase]["end"]

    def _left(self, id: int, call: _Call) -> None:
        """A call is over, and had no answer if it was sent."""
        if call.phase is Phase.SENT and call.kind is not Kind.STREAM:
            self.pace.left(1, call.since)
        self._end(id, call)

    def _forget(self, id: int, call: _Call) -> None:
        """A call is over on the host, too."""
        self.digest.remove(id)
        self._left(id, call)

    # What the host says. Whatever is said of an unknown id is said of an abandoned one.

    def completed(self, frame: Results, now: float) -> bool:
        """Results came; false if they do not belong to the ids."""
        ids, payloads, kept = frame.ids, frame.payloads, frame.kept
        if len(ids) != len(payloads):
            return False
        known = [self._settled(id, kept, now) for id in ids]
        if not all(known):
            ids, payloads = tuple(compress(ids, known)), tuple(compress(payloads, known))
        if ids:
            self._told.append(events.Completed(ids, payloads, kept))
        return True

    def failed(self, frame: Failure, now: float) -> None:
        """An error came."""
        if self._settled(frame.id, frame.kept, now, served=frame.code != OVERLOADED):
            self._told.append(
                events.Failed(frame.id, frame.code, frame.message, frame.data, frame.kept)
            )

    def _settled(self, id: int, kept: bool, now: float, served: bool = True) -> bool:
        call = self._calls.get(id)
        if call is None or call.phase is not Phase.SENT:
            return False
        if call.kind is not Kind.STREAM:
            if served:
                self.pace.ended(1, call.since, now)
            else:
                self.pace.refused(call.since)
        if kept:
            call.phase = CALL[call.phase]["keep"]
        else:
            self._end(id, call)
            self.digest.remove(id)
        return True

    def invalidated(self, ids: Iterable[int], reason: str) -> None:
        """Results became stale."""
        for id in ids:
            call = self._calls.get(id)
            if call is not None and call.phase is not Phase.QUEUED:
                held = call.phase is Phase.HELD
                self._forget(id, call)
                self._told.append(events.Invalidated(id, reason, held))

    def gone(self, ids: Iterable[int]) -> None:
        """The host does not know these: absence of proof is invalidation (D2)."""
        for id in ids:
            call = self._calls.get(id)
            if call is None or call.phase is Phase.QUEUED:
                continue
            held, begun = call.phase is Phase.HELD, self._streams.begun(id)
            self._forget(id, call)
            if held:
                self._told.append(events.Invalidated(id, "unknown to the host", True))
            elif begun:
                lost = Ending("stream_lost", "the host no longer knows this stream: start it anew")
                self._told.append(events.Ended(id, lost))
            else:
                self._told.append(events.Unsent(id))

    def items(self, frame: Items) -> bool:
        """Items came; false if some before them are missing."""
        if frame.id not in self._streams:
            return True
        taken, index, payloads = self._streams.receive(frame)
        if payloads:
            self._told.append(events.ItemsReceived(frame.id, index, payloads))
        if taken is Taken.OVERRUN:
            self._told.append(events.Ended(frame.id, _OVERRUN))
            self._forget(frame.id, self._calls[frame.id])  # it is still registered: see the digest
        return taken is not Taken.GAP

    def ended(self, frame: End) -> bool:
        """A stream's end came; false if items before it are missing."""
        if frame.id not in self._streams:
            return True
        if not self._streams.complete(frame.id, frame.index):
            return False
        self._forget(frame.id, self._calls[frame.id])
        self._told.append(events.Ended(frame.id, frame.failure))
        return True

    # What the reader of a stream says, and what the host is told of it.

    def consumed(self, id: int, index: int) -> bool:
        """The reader took the items up to this index; whether its host is to be told."""
        return self._streams.consume(id, index)

    def credits(self) -> list[Credit]:
        """What the hosts of streams must know to go on."""
        return self._streams.credits()

    def all_credits(self) -> list[Credit]:
        """The same for every stream, in case one was lost on the way."""
        return self._streams.all_credits()

    # Lists of everything.

    def listed(self) -> tuple[list[int], list[int], list[Reading]]:
        """All that the host should know: held, pending, streams; the digest is over these then."""
        held, pending, streams = [], [], []
        self.digest = Digest()
        for id, call in self._calls.items():
            if call.phase is Phase.QUEUED:
                continue
            self.digest.add(id)
            if call.phase is Phase.HELD:
                held.append(id)
            elif call.kind is Kind.STREAM:
                streams.append(self._streams.reading(id))
            else:
                pending.append(id)
        return held, pending, streams

    def clear(self) -> tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]:
        """Forget all: the ids that were queued, sent, held."""
        ids: dict[Phase, list[int]] = {phase: [] for phase in Phase}
        for id, call in list(self._calls.items()):
            ids[call.phase].append(id)
            self._end(id, call)
        self.pace = Pace(self._at_a_time)
        return tuple(ids[Phase.QUEUED]), tuple(ids[Phase.SENT]), tuple(ids[Phase.HELD])

    def __len__(self) -> int:
        return len(self._calls)


_OVERRUN: Final = Ending("overrun", "the host sent more items than it may: update it")
