"""The host's end of a session with one client, from hello until it is closed (D2, D3, D12, D17).

Like the client's end it has no clock and no loop: hand every message of the client to `receive`,
act on the events that it returns, and send `outgoing()`; drop the session once it has `expired`.
Its states are `HostState`'s.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Literal

from . import host_events as events
from .batch import chunks, result_size, size
from .envelopes import BadCalls, ClientEnvelope
from .fences import HOPS, GivenFences
from .frames import (
    LAST_ID,
    VERSION,
    Acknowledged,
    Bye,
    Calls,
    Cancel,
    ClientFrame,
    Credit,
    End,
    Ending,
    Failure,
    Farewell,
    Fence,
    Fenced,
    Hello,
    Items,
    KeepAlive,
    Kind,
    Mark,
    Probe,
    Resync,
    Resynced,
    Sources,
    Unsubscribe,
    Welcome,
    Wrote,
)
from .host_events import HostSessionStatistics
from .host_outbox import HostOutbox
from .kept import Kept, words_of
from .limits import Limits, Timing
from .outflow import Outflow, Outflows
from .proofs import same
from .refusals import RETRY_AFTER, refusal
from .registry import Registry, ResyncParts, Run
from .states import HOST, HostInput, HostState, Machine, Stage
from .uploads import HostUploads

__all__ = ["HostSession"]

_TIMING = Timing()
_LIMITS = Limits()
_UNASKED = events.KeepAliveReceived(0, True)
"""Its answer proves nothing, but tells what is suspended."""
_LATE = Ending("timeout", "its time was up when it arrived")
_DIGITS = len(str(LAST_ID))
_UNREADABLE = Ending(
    "bad_request", "the call cannot be read: client and service do not fit each other"
)
_TOO_LARGE = "the result has {:,} bytes, and {:,} fit into a message: return less, or a stream"


class HostSession:
    """One host process with one client process, for one service.

    What a client asks comes out of `receive`; what is to be answered goes into `result`, `failure`,
    `invalidated`, and a stream's `item` and `end`.
    """

    def __init__(
        self,
        *,
        iid: str,
        cid: str,
        principal: str,
        gen: int,
        proof: bytes,
        now: float,
        timing: Timing = _TIMING,
        limits: Limits = _LIMITS,
    ) -> None:
        """iid: of the host; the rest names the session as the client's messages do.

        Its welcome, the first message, was sent already (see `Admission`). proof: what it gave.
        """
        self.packs: tuple[str, ...] = ()
        """In which forms the client takes large messages."""
        self.iid = iid
        self.cid = cid
        self.principal = principal
        self.gen = gen
        self.proof = proof
        self._timing = timing
        self._limits = limits
        self._machine: Machine[HostState, HostInput] = Machine(HOST, HostState.OPEN)
        self._kept = Kept(limits)
        self._outbox = HostOutbox(iid, gen, proof, self._kept, limits)
        self._streams = Outflows(limits, self._outbox.largest, self._say)
        self._uploads = HostUploads(limits)
        self._registry = Registry(self._streams, self._uploads)
        self._parts = ResyncParts(limits.entries)
        self._last_id = 0
        self._last_keep_alive = 0
        self._fences = GivenFences()
        self._sources: tuple[str, ...] = ()
        self._heard = now
        self._received = self._dropped = self._resyncs = 0

    @property
    def state(self) -> HostState:
        """Where the session is."""
        return self._machine.state

    @property
    def _closed(self) -> bool:
        return self._machine.state is HostState.CLOSED

    # What the transport reports.

    def proven(self, envelope: ClientEnvelope) -> bool:
        """Whether it comes from the client that the session was opened with (D30)."""
        return same(envelope.proof, self.proof)

    def receive(self, envelope: ClientEnvelope, now: float) -> list[events.HostEvent]:
        """A message of the client came; what it wants, to be acted on in this order.

        The room above has found this session by the envelope's cid, principal and gen, and that the
        message is `proven`.
        """
        told: list[events.HostEvent] = []
        if self._closed:
            self._dropped += len(envelope.frames) + envelope.damaged
            return told
        self._received += 1
        self._heard = now
        self._dropped += envelope.damaged
        if envelope.last > self._outbox.number:  # it speaks of a session that is not this one
            return [self._reject("unknown")]
        for ids in self._kept.acknowledged(envelope.last):
            self._registry.left(ids)
        for frame in envelope.frames:
            self._act(frame, now, told)
            if self._machine.state is HostState.CLOSED:
                return told
        if len(self._registry) > self._limits.entries:
            told.append(self._reject("too many calls are registered"))
        return told

    def _act(self, frame: ClientFrame | BadCalls, now: float, told: list[events.HostEvent]) -> None:
        match frame:
            case Calls():
                self._called(frame, now, told)
            case Cancel(id):
                self._left((id,), told)
            case Unsubscribe(ids):
                self._left(ids, told)
            case Credit(id, consumed):
                self._credited(id, consumed, told)
            case Items():
                told.extend(self._uploads.items(frame))
            case End():
                told.extend(self._uploads.ended(frame))
            case KeepAlive(number, count, value, packs):
                self.packs = packs
                if number > self._last_keep_alive:
                    self._last_keep_alive = number
                    self._registry.trim()
                    digest = self._registry.digest
                    agrees = (count, value) == (digest.count, digest.value)
                    told.append(events.KeepAliveReceived(number, agrees))
            case Resync():
                if self._parts.add(frame):
                    self._compare(told)
            case Fence(number, marks, hops):
                if self._fences.came(number):
                    computing = self._registry.computing
                    told.append(events.FenceReceived(number, marks, min(hops, HOPS), computing))
            case Probe():
                told.append(events.ProbeReceived(frame))
            case Hello(number):
                self._outbox.say(Welcome(number, VERSION))
            case BadCalls():
                if self._new(frame.ids):
                    self._refuse(frame.ids, _UNREADABLE)
            case Bye():
                told.append(self.close("the client left"))

    def _credited(self, id: int, consumed: int, told: list[events.HostEvent]) -> None:
        flow = self._streams.get(id)
        if flow is None:
            return
        if consumed > flow.next:
            self._dropped += 1  # not all of that was sent
        flow.consume(consumed)
        told.append(events.Consumed(id, self.credit(id)))

    def _new(self, ids: range) -> bool:
        """Ids rise: what is not above all before came twice, and never runs twice (D13)."""
        if ids and ids[0] > self._last_id:
            self._last_id = ids[-1]
            return True
        self._dropped += len(ids) or 1
        return False

    def _called(self, calls: Calls, now: float, told: list[events.HostEvent]) -> None:
        ids = calls.ids
        if ids.stop > LAST_ID + 1:
            self._dropped += 1  # no frame could name the last of them
            return
        if not self._new(ids):
            return
        if calls.kind is Kind.ONEWAY:  # nothing is told of it, so there is nothing to register
            if calls.budget:
                told.append(events.CallsReceived(calls, now + calls.budget / 1000.0))
            else:
                self._dropped += len(ids)
        elif calls.budget == 0:
            self._refuse(ids, _LATE)
        elif (calls.operations or calls.kind is Kind.AHEAD) and not _is_whole(calls):
            self._refuse(ids, _UNREADABLE)
        elif calls.kind is Kind.STREAM and len(self._streams) + len(ids) > self._limits.streams:
            self._refuse(ids, refusal(RETRY_AFTER))
            told.append(events.Refused(len(ids)))
        else:
            self._registry.add(ids, Run(calls.kind, calls.method))
            told.append(events.CallsReceived(calls, now + calls.budget / 1000.0))

    def _refuse(self, ids: range, why: Ending) -> None:
        self._registry.add(ids, Run(Kind.PLAIN, 0))  # a stream that is refused has no books
        for id in ids:
            self.failure(id, why.code, why.message, why.data)

    def _left(self, ids: tuple[int, ...], told: list[events.HostEvent]) -> None:
        released: list[int] = []
        for id in ids:
            stage = self._registry.remove(id)
            if stage in (Stage.RUNNING, Stage.PARKED):
                told.append(events.CallCancelled(id))
            elif stage is Stage.KEPT:
                released.append(id)
        if released:
            told.append(events.Unsubscribed(tuple(released)))

    def _compare(self, told: list[events.HostEvent]) -> None:
        """Answer a resync. The answer opens a message, what the client lacks follows (D2)."""
        self._resyncs += 1
        parts = self._parts
        # What is gone is made again: if it arrives after all, it must not run a second time (D13).
        self._last_id = max((self._last_id, *parts.pending, *(each.id for each in parts.streams)))
        unsaid = self._outbox.take()
        words = words_of([*self._kept.take(), *unsaid])
        done = self._registry.reconcile(parts.held, parts.pending, parts.streams, words)
        for gone, last in chunks(done.gone, self._limits.ids):
            self._outbox.say(Resynced(parts.number, gone, last, self._kept.forgotten))
        self._say_sources()
        for frame in unsaid:
            if isinstance(frame, Wrote):
                self._kept.wrote.add(frame.marks)
        if self._kept.wrote:
            self._outbox.say(Wrote((), self._kept.wrote.all()))
        for frame in done.again:
            self._outbox.say(frame)
        self._uploads.compare()
        if self.state is HostState.DRAINING:
            self._outbox.say(Farewell())
        told.extend(events.CallCancelled(id) for id in done.stopped)
        if done.released:
            told.append(events.Unsubscribed(tuple(done.released)))
        told.append(events.KeepAliveReceived(parts.number, True))  # it is one, too (D6c)

    # What the room above answers.

    def result(self, id: int, payload: bytes, *, keep: bool = False) -> bool:
        """A call is done. keep: its computed is held until it is invalidated (D3).

        False: nobody wants it any more, or it is too large; hold nothing for it.
        """
        method = self._registry.method(id)
        return method is not None and bool(self.results(method, (id,), (payload,), keep=keep))

    def results(
        self, method: int, ids: Sequence[int], payloads: Sequence[bytes], *, keep: bool = False
    ) -> Collection[int]:
        """Calls of a method are done, as with `result`: the ids of those for which it is true."""
        if payloads and result_size(max(map(len, payloads))) > self._outbox.largest:
            ids, payloads = self._fitting(ids, payloads)
        told = self._registry.told(ids, "keep" if keep else "tell")
        if len(told) < len(ids):
            known = set(told)
            payloads = [data for id, data in zip(ids, payloads, strict=True) if id in known]
        if told:
            self._outbox.results(method, told, payloads, keep)
        return told

    def _fitting(
        self, ids: Sequence[int], payloads: Sequence[bytes]
    ) -> tuple[Sequence[int], Sequence[bytes]]:
        fitting = []
        for id, payload in zip(ids, payloads, strict=True):
            if result_size(len(payload)) <= self._outbox.largest:
                fitting.append((id, payload))
            else:
                problem = _TOO_LARGE.format(len(payload), self._outbox.largest)
                self.failure(id, "too_large", problem)
        return [id for id, _ in fitting], [payload for _, payload in fitting]

    def failure(
        self, id: int, code: str, message: str, data: bytes = b"", *, keep: bool = False
    ) -> bool:
        """A call failed, or a stream before its first item; the rest is as with `result`."""
        frame = Failure(id, code, message, data, keep)
        if size(frame) > self._outbox.largest:
            frame = Failure(id, code, self._outbox.shortened(message), b"", keep)
        return self._settle(id, frame, "keep" if keep else "tell")

    def _settle(self, id: int, frame: Failure | End, word: Literal["keep", "tell"]) -> bool:
        if not self._registry.told((id,), word):
            return False
        self._outbox.say(frame)
        return True

    def invalidated(self, id: int, reason: str) -> None:
        """A result is stale; a call that still runs is to be made anew by its client (D4)."""
        if self._registry.withdraw(id):
            self._outbox.invalidated(id, reason)

    def credit(self, id: int) -> int:
        """How many items of a stream may be sent now; 0, too, if nobody reads it (D18)."""
        flow = self.stream(id)
        return 0 if flow is None else flow.credit

    def stream(self, id: int) -> Outflow | None:
        """The books of a stream going on: while a batch is open, items may be put there, too."""
        return self._registry.stream(id)

    def item(self, id: int, payload: bytes) -> bool:
        """Send a stream's next item, together with others of the same tick.

        False: it was not taken, for lack of credit or of a reader.
        """
        return self.stream(id) is not None and self._streams.item(id, payload)

    def end(self, id: int, failure: Ending | None = None) -> None:
        """A stream is over; nothing happens if it was already, or nobody reads it."""
        if self.stream(id) is not None:
            self._streams.end(id, failure)

    def _say(self, frame: Items | End) -> None:
        """Something of a stream leaves."""
        if isinstance(frame, End):
            self._uploads.drop(frame.id)
            self._settle(frame.id, frame, "tell")
        else:
            self._outbox.say(frame)

    # What a client sends with a stream call.

    def want(self, id: int) -> None:
        """The body of a call begins to read the items that its client sends (D18)."""
        if self.stream(id) is not None:
            self._uploads.want(id)

    def consumed(self, id: int, index: int) -> bool:
        """The body took the items up to this index; whether there is something to tell now."""
        return self._uploads.consumed(id, index)

    def unread(self, id: int) -> None:
        """The body reads no more: its client stops sending (D19)."""
        if self.stream(id) is not None:
            self._uploads.stop(id)

    # What the room above says of the session itself.

    def acknowledge(
        self, keep_alive: events.KeepAliveReceived, suspended: Sequence[int] = ()
    ) -> None:
        """Vouch for all that is registered but what is suspended upstream (D6c).

        To be called only when every invalidation that is known here was handed in.
        """
        number, agrees = keep_alive.number, keep_alive.agrees
        for ids, last in chunks(suspended if agrees else (), self._limits.ids):
            self._outbox.say_last(Acknowledged(number, agrees, ids, last))

    def suspended(self, ids: Sequence[int]) -> None:
        """The same unasked: what is suspended upstream now, and nothing else. It proves nothing."""
        self.acknowledge(_UNASKED, ids)

    def sources(self, services: tuple[str, ...]) -> None:
        """From here on results may be made from those of these services, in other hosts (D15)."""
        self._sources = services
        self._say_sources()

    def _say_sources(self) -> None:
        if self._sources:
            self._outbox.say(Sources(self._sources))

    def wrote(self, ids: Sequence[int], marks: tuple[Mark, ...]) -> None:
        """Calls changed something, so far; to be said before their answers (D15)."""
        self._outbox.say(Wrote(tuple(ids), marks))

    def passed(self, number: int, suspended: Sequence[int] | None = None) -> None:
        """What a fence is for is reflected, and all that it made stale was handed in (D15).

        suspended: unless all is proven, what cannot be vouched for (D6c).
        """
        if not self._fences.passed(number):
            return
        if suspended is not None:
            self.suspended(suspended)
        self._outbox.say(Fenced(number, suspended is None))

    def begin(self, ids: Iterable[int]) -> None:
        """Calls that were made ahead run now."""
        self._registry.begin(ids)

    def wants(self, id: int) -> bool:
        """Whether a call waits for an answer still."""
        return self._registry.method(id) is not None

    def farewell(self) -> None:
        """The host drains: ask the client to move (D22)."""
        self._machine.feed("farewell")
        self._outbox.say(Farewell())

    def announce(self) -> None:
        """The connection is back: let the client see what number it should have (D10)."""
        self._outbox.announce()

    def close(self, reason: str) -> events.Closed:
        """Forget all; the returned event says what to stop and let go of."""
        self._machine.feed("close")
        self._outbox.take()
        return events.Closed(reason, *self._registry.clear())

    def _reject(self, reason: str) -> events.Closed:
        self._outbox.reject(reason)
        return self.close(reason)

    @property
    def kept_bytes(self) -> int:
        """Of what is kept until the client has it."""
        return self._kept.bytes

    def expires(self) -> float:
        """When the session expires unless the client speaks (D17)."""
        return self._heard + self._timing.session

    def expired(self, now: float) -> bool:
        """Whether the client was silent for too long: close it and forget it (D17)."""
        return now >= self.expires()

    def statistics(self) -> HostSessionStatistics:
        """What went through, and what is held."""
        return HostSessionStatistics(
            self._received,
            self._outbox.number,
            self._dropped + self._uploads.dropped,
            self._resyncs,
            len(self._registry),
            self._kept.bytes,
            self._registry.digest.value,
        )

    @property
    def unsaid(self) -> bool:
        """Whether there is something to send."""
        return self._outbox.unsaid or bool(self._streams.filling or self._uploads.news)

    def outgoing(self) -> list[bytes]:
        """The messages to send now, in this order."""
        if self._streams.filling:
            self._streams.flush()
        if self._uploads.news:
            for frame in self._uploads.frames():
                self._outbox.say(frame)
        return self._outbox.messages()


def _is_whole(calls: Calls) -> bool:
    """Whether there is an operation for each call; for one that is made ahead, an id."""
    operations = calls.operations
    if len(operations) != len(calls.arguments):
        return False
    ahead = calls.kind is Kind.AHEAD
    return not ahead or all(of.isdecimal() and len(of) <= _DIGITS for of in operations)
