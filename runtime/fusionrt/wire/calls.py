"""A client's calls: what waits, is asked and is held, and what the host says of it (D2, D4, D12).

How far a call is, its `Phase`, is told by the book that it stands in. The books are kept by run and
by message: a call by itself costs a place in a list and one in a dict.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from itertools import compress, repeat
from typing import Final

from . import client_events as events
from .digest import Digest
from .frames import Again, Cancel, Credit, End, Ending, Failure, Items, Kind, Reading, Results
from .inflow import Inflows, Taken
from .limits import Limits
from .pace import Pace
from .refusals import OVERLOADED, refusal
from .runs import Queue, Run
from .states import CALL, Phase
from .uploads import ClientUploads

__all__ = ["CallTable"]


class CallTable:
    """The books of the live calls by id, which reports what happens to them as events.

    queue: what waits here. pace: how fast the host answers what it has; streams are none of that.
    """

    def __init__(
        self, told: list[events.ClientEvent], limits: Limits, uploads: ClientUploads
    ) -> None:
        """uploads: what is sent with streams."""
        self.queue = Queue()
        self.pace = Pace(limits.under_way)
        self._apart = Pace(limits.under_way)
        """Of what was made ahead, which takes as long as it takes: nobody asks it."""
        self._at_a_time: Final = limits.under_way
        self._told: Final = told
        self._streams: Final = Inflows(limits)
        self._uploads: Final = uploads
        self._sent: dict[int, Run] = {}
        """What has no answer yet, but for streams, and for what was made ahead."""
        self._ahead: dict[int, Run] = {}
        self._held: dict[int, None] = {}
        self._abandoned: dict[int, None] = {}
        """Of these the host is to be told."""
        self._digest = Digest()
        """Over what is held or made ahead; the rest, which is little, is counted in at the look."""

    @property
    def digest(self) -> Digest:
        """Over the ids that the host must have registered, as far as this end knows (D12)."""
        return self._digest.joined([*self._sent, *self._streams, *self._abandoned])

    def phase(self, id: int) -> Phase:
        """How far a call is."""
        if id in self._sent or id in self._streams or id in self._ahead:
            return Phase.SENT
        if id in self._held:
            return Phase.HELD
        return Phase.QUEUED if id in self.queue else Phase.OVER

    # What this end does.

    def sent(self, run: Run, now: float) -> None:
        """Calls that waited are sent now."""
        if run.ask.kind is Kind.ONEWAY:
            self._enter(CALL[Phase.QUEUED]["end"], run.ids)
            self._told.append(events.Told(tuple(run.ids)))
            return
        self._enter(CALL[Phase.QUEUED]["send"], run.ids, run)
        run.since = now
        if run.ask.kind is not Kind.STREAM:
            run.pace = self._apart if run.ask.kind is Kind.AHEAD else self.pace
            run.pace.begun(len(run), now)

    def refused(self, ids: Iterable[int], waiting: int, now: float) -> None:
        """Calls that waited cannot be served in time, for so many wait: they are not sent."""
        no = refusal(self.pace.retry_after(waiting, now))
        self._told.extend(events.Failed(id, no.code, no.message, no.data, False) for id in ids)

    def abandon(self, ids: Iterable[int]) -> list[int]:
        """Forget calls: those that were sent. Say `parted` when the host is told."""
        left = [id for id in ids if self._leave(id) in (Phase.SENT, Phase.HELD)]
        self._abandoned.update(dict.fromkeys(left))
        return left

    def parted(self) -> None:
        """The host is told now of all that was abandoned."""
        self._abandoned.clear()

    def _enter(self, phase: Phase, ids: Collection[int], run: Run | None = None) -> None:
        """Calls of a run stand in the book of this phase from here on; OVER has none."""
        if phase is Phase.HELD:
            self._held.update(dict.fromkeys(ids))
            self._digest.add_all(ids)
        elif phase is Phase.SENT and run is not None:
            if run.ask.kind is Kind.STREAM:
                for id in ids:
                    self._streams.open(id)
            elif run.ask.kind is Kind.AHEAD:
                self._ahead.update(dict.fromkeys(ids, run))
                self._digest.add_all(ids)
            else:
                self._sent.update(dict.fromkeys(ids, run))

    def _leave(self, id: int) -> Phase:
        """A call is over, and had no answer if it was sent: how far it was."""
        phase = self.phase(id)
        if phase is Phase.OVER:
            return phase
        if phase is Phase.QUEUED:
            self.queue.drop(id)
        elif phase is Phase.HELD:
            del self._held[id]
            self._digest.remove(id)
        elif id in self._streams:
            self._drop_stream(id)
        else:
            for run in self._answered((id,)):
                if run is not None:
                    run.pace.left(1, run.since)
        self._enter(CALL[phase]["end"], (id,))
        return phase

    def _drop_stream(self, id: int) -> None:
        self._streams.drop(id)
        self._uploads.drop(id)

    # What the host says. Whatever is said of an unknown id is said of an abandoned one.

    def completed(self, frame: Results, now: float) -> bool:
        """Results came; false if they do not belong to the ids."""
        ids, payloads = frame.ids, frame.payloads
        if len(ids) != len(payloads):
            return False
        if len(ids) == 1 and (run := self._sent.pop(ids[0], None)) is not None:
            run.pace.ended(1, run.since, now)  # as below; a message a call is common, too
            if frame.kept:
                self._enter(CALL[Phase.SENT]["keep"], ids)
            self._told.append(events.Completed(ids, payloads, frame.kept))
            return True
        runs = self._answered(ids)
        first = runs[0] if runs else None
        if first is not None and runs.count(first) == len(runs):  # nearly always
            first.pace.ended(len(runs), first.since, now)
            self._enter(CALL[Phase.SENT]["keep" if frame.kept else "end"], ids)
            self._told.append(events.Completed(ids, payloads, frame.kept))
            return True
        if None in runs:
            known = [run is not None for run in runs]
            self._no_streams(id for id, run in zip(ids, known, strict=True) if not run)
            ids, payloads = tuple(compress(ids, known)), tuple(compress(payloads, known))
        counted = Counter(run for run in runs if run is not None)
        for run, count in counted.items():
            run.pace.ended(count, run.since, now)
        self._enter(CALL[Phase.SENT]["keep" if frame.kept else "end"], ids)
        if len({run.ask for run in counted}) == 1:
            self._told.append(events.Completed(ids, payloads, frame.kept))
        else:  # of several views of a client
            self._told.extend(
                events.Completed((id,), (payload,), frame.kept)
                for id, payload in zip(ids, payloads, strict=True)
            )
        return True

    def failed(self, frame: Failure, now: float) -> None:
        """An error came."""
        (run,) = self._answered((frame.id,))
        kept = frame.kept and run is not None
        if run is None:
            if frame.id not in self._streams:
                return
            self._drop_stream(frame.id)
        elif frame.code == OVERLOADED:
            run.pace.refused(run.since)
        else:
            run.pace.ended(1, run.since, now)
        self._enter(CALL[Phase.SENT]["keep" if kept else "end"], (frame.id,))
        self._told.append(events.Failed(frame.id, frame.code, frame.message, frame.data, kept))

    def _answered(self, ids: Sequence[int]) -> list[Run | None]:
        """These wait no longer: of which runs they were."""
        runs = [*map(self._sent.pop, ids, repeat(None))]
        if self._ahead and None in runs:
            ahead = [id for id in ids if id in self._ahead]
            self._digest.remove_all(ahead)
            runs = [run or self._ahead.pop(id, None) for id, run in zip(ids, runs, strict=True)]
        return runs

    def _no_streams(self, ids: Iterable[int]) -> None:
        """The host answers these as if they were no streams."""
        for id in ids:
            if id in self._streams:
                self._leave(id)
                self._told.append(events.Ended(id, _NO_STREAM))

    def invalidated(self, ids: Iterable[int], reason: str) -> None:
        """Results became stale."""
        found = dict.fromkeys(ids)
        held = tuple([id for id in found if id in self._held])
        sent, ahead = self._sent, self._ahead
        pending = tuple([id for id in found if (id in sent or id in ahead) and self._leave(id)])
        if held:
            self._let_go(held)
            self._told.append(events.Invalidated(held, reason, True))
        if pending:
            self._told.append(events.Invalidated(pending, reason, False))

    def _let_go(self, held: Collection[int]) -> None:
        """Results are held no longer."""
        for id in held:
            del self._held[id]
        self._digest.remove_all(held)
        self._enter(CALL[Phase.HELD]["end"], held)

    def gone(self, ids: Iterable[int], forgotten: int) -> None:
        """The host does not know these: absence of proof is invalidation (D2).

        forgotten: those up to this id may have run.
        """
        held = []
        unsent: list[events.ClientEvent] = []
        for id in ids:
            begun = self._streams.begun(id) or self._uploads.flows.get(id) is not None
            match self.phase(id):
                case Phase.HELD:
                    held.append(id)
                case Phase.SENT:
                    unsent.append(
                        events.Ended(id, _LOST) if begun else events.Unsent(id, id <= forgotten)
                    )
                case _:
                    continue
            self._leave(id)
        if held:
            self._told.append(events.Invalidated(tuple(held), "unknown to the host", True))
        self._told.extend(unsent)

    def items(self, frame: Items) -> bool:
        """Items came; false if some before them are missing."""
        if frame.id not in self._streams:
            return True
        taken, index, payloads = self._streams.receive(frame)
        if payloads:
            self._told.append(events.ItemsReceived(frame.id, index, payloads, frame.skipped))
        if taken is Taken.OVERRUN:
            self._told.append(events.Ended(frame.id, _OVERRUN))
            self._leave(frame.id)  # it is still registered there: see the digest
        return taken is not Taken.GAP

    def ended(self, frame: End) -> bool:
        """A stream's end came; false if items before it are missing."""
        if frame.id not in self._streams:
            return True
        if not self._streams.complete(frame.id, frame.index):
            return False
        self._leave(frame.id)
        self._told.append(events.Ended(frame.id, frame.failure))
        return True

    def upload(self, frame: Credit | Again | Cancel) -> None:
        """Word came of what is sent with a stream."""
        event: events.Consumed | events.Unread | None
        if frame.id not in self._streams:
            return
        match frame:
            case Credit():
                event = self._uploads.credited(frame)
            case Again():
                event = self._uploads.again(frame)
            case Cancel(id):
                event = self._uploads.unread(id)
        if event is not None:
            self._told.append(event)

    # What the reader of a stream says, and what the host is told of it.

    def consumed(self, id: int, index: int, at_once: bool) -> bool:
        """The reader took the items up to this index; whether its host is to be told."""
        return self._streams.consume(id, index, at_once)

    def credits(self) -> list[Credit]:
        """What the hosts of streams must know to go on."""
        return self._streams.credits()

    def all_credits(self) -> list[Credit]:
        """The same for every stream, in case one was lost on the way."""
        return self._streams.all_credits()

    # Lists of everything.

    def listed(self) -> tuple[list[int], list[int], list[Reading]]:
        """All that the host should know: held, pending, streams. What is in no list is abandoned:
        with these the host is told.
        """
        self.parted()
        pending = [*self._sent, *self._ahead]
        return [*self._held], pending, [self._streams.reading(id) for id in self._streams]

    def clear(self) -> tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]:
        """Forget all: the ids that were queued, sent, held."""
        sent, held = sorted([*self._sent, *self._ahead, *self._streams]), tuple(self._held)
        queued = tuple(self.queue.ids())
        self.parted()
        for id in (*queued, *sent, *held):
            self._leave(id)
        self.pace = Pace(self._at_a_time)
        return queued, tuple(sent), held

    def __len__(self) -> int:
        waiting = len(self.queue) + len(self._sent) + len(self._ahead) + len(self._streams)
        return waiting + len(self._held)


_LOST: Final = Ending("stream_lost", "the host no longer knows this stream: start it anew")
_OVERRUN: Final = Ending("overrun", "the host sent more items than it may: update it")
_NO_STREAM: Final = Ending("bad_answer", "its host answered without a stream: update it")
