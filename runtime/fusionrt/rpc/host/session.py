"""`Session`: a host's session with a client: what runs, what is held (D3, D19, D29, G34)."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection, Iterable, Sequence
from itertools import islice
from typing import Final

from ...identity import Asker
from ...primitives import now
from ...wire import host_events as events
from ...wire.envelopes import ClientEnvelope
from ...wire.frames import Calls, Ending, Kind, Mark
from ...wire.host import HostSession
from ...wire.packing import ZSTD, Packing
from ...wire.refusals import RETRY_AFTER, refusal
from ..deadlines import Deadlines
from .accounts import Account, Usage
from .behind import Behind, Reflect
from .contexts import Contexts
from .gate import Gate
from .holdings import Holdings
from .parked import Place, begun
from .pool import Pool
from .read_your_writes import Outlet
from .servant import Answer, Servant, calls_of, internal, one_of
from .statistics import SessionStatistics
from .stream_calls import StreamCalls
from .streams import OpenStreams
from .unheard import Unheard
from .waiting import Waiting
from .work import Line, Work
from .written import Written

__all__ = ["Session"]

_log = logging.getLogger("fusionrt")

AT_ONCE: Final = 250
"""Calls that were made ahead do not begin while so many of the client wait for their turn: none is
refused because all of them are to begin at once."""

_NO_ANSWER: Final = Ending(
    "cancelled", "its body ended without an answer: it was cancelled on its host"
)

_LATE: Final = Ending("timeout", "its time was up before it was done")


class Session:
    """Drives one `HostSession`: acts on what the client wants."""

    def __init__(
        self,
        wire: HostSession,
        servant: Servant,
        reply_subject: str,
        *,
        gate: Gate,
        pool: Pool,
        streams: OpenStreams,
        unheard: Unheard,
        packing: Packing | None,
        account: Account,
        asker: Asker,
        quota: int,
        confides: bool,
        contexts: Contexts,
        outlet: Outlet,
        reflect: Reflect,
    ) -> None:
        """reply_subject: of the client whose inbox got the session's proof, and of its principal.
        gate: says when a body may run. pool: runs it. streams: that are open, of all clients.
        unheard: learns of one-way calls that failed. packing: makes large messages smaller, for a
        client that can unpack them.
        account: of the principal. asker: who makes the calls, whatever they say (W1).
        quota: of results that are held for this client alone.
        confides: whether the client is told in full why results are invalidated (D28).
        contexts: what streams start from. reflect: waits for what a fence of the client's is for.
        """
        self.wire = wire
        self._packing = packing
        self.reply_subject = reply_subject
        self.client: Final = wire.principal, wire.cid
        self.account: Final = account
        self.asker: Final = asker
        self._servant = servant
        self._gate = gate
        self._pool = pool
        self._line = Line(wire.principal)
        self._unheard = unheard
        self._contexts = contexts
        self._outlet = outlet
        self._loop = asyncio.get_running_loop()
        self._deadlines: Deadlines[Work] = Deadlines(self.late)
        self._bodies: dict[int, Waiting] = {}
        """Those that wait, by their ids: among which each is."""
        self._told: dict[int, tuple[list[int], list[bytes]]] = {}
        """Results that are not held, by their method: they are told together, after all else."""
        self._holdings = Holdings(
            wire,
            self.changed,
            quota=quota,
            share=account,
            confides=confides,
            leaned=servant.leaned,
            begin=self._begin,
        )
        self._begun: dict[int, Place] = {}
        """Made ahead, and about to start, by their ids."""
        self._behind = Behind(wire, reflect, self._start, self._pass)
        self.written: Final = Written(wire, outlet.loose)
        """What calls changed that are about to be answered."""
        self._streams = StreamCalls(self, streams, gate, servant, contexts.fresh, outlet)
        account.join(self)

    def receive(self, envelope: ClientEnvelope, now: float) -> bool:
        """A message of the client came. False: the session is over."""
        for event in self.wire.receive(envelope, now):
            match event:
                case events.CallsReceived(calls, deadline):
                    self._come(calls, deadline)
                case events.Refused(count):
                    self._gate.refused += count
                case events.CallCancelled(id):
                    self._stop(id)
                case events.Unsubscribed(ids):
                    self._holdings.release(ids)
                case events.Consumed(id, credit):
                    if credit > 0:
                        self._streams.senders.credited(id)
                case events.ItemsReceived(id, index, payloads):
                    self._streams.arriving[id].received(index, payloads)
                case events.Ended(id, failure):
                    self._streams.arriving[id].ended(failure)
                case events.FenceReceived(number, marks, hops, computing):
                    self._behind.fence(number, marks, hops, computing)
                case events.ProbeReceived(probe):
                    self._servant.probed(probe, self.asker)
                case events.KeepAliveReceived():
                    self.wire.acknowledge(event, self._holdings.suspended())
                case events.Closed():
                    self._clear(finish=True)
                    self.changed()
                    return False
        if self.wire.unsaid:
            self.changed()
        return True

    def close(self, reason: str, *, finish: bool = False) -> None:
        """End the session: stop what runs, let go of what is held.

        finish: one-way calls go on.
        """
        self.wire.close(reason)
        self._clear(finish)

    def stop(self) -> None:
        """What still runs of an ended session is stopped."""
        self._clear(finish=False)

    @property
    def busy(self) -> bool:
        """Whether calls run or wait for their turn."""
        return bool(self._bodies or self._streams.running or self._line.works)

    @property
    def principal(self) -> str:
        """Who the client is."""
        return self.wire.principal

    def statistics(self) -> SessionStatistics:
        """What runs and is held for the client."""
        return SessionStatistics(
            client=self.wire.cid,
            principal=self.wire.principal,
            running=len(self.running),
            waiting=self._line.calls,
            blocked=len(self._streams.senders),
            deadlines=sum(work.open for work in self._timed()),
            held=len(self._holdings),
            session=self.wire.statistics(),
        )

    def usage(self) -> Usage:
        """What the client has, beside what is held for it."""
        running, streams = len(self._bodies), len(self._streams.running)
        running += len(self._begun)
        waits = self._holdings.parked.bytes + self._streams.unread
        waits += sum(len(place.arguments) for place in self._begun.values())
        if self._line.works:
            waits += sum(work.bytes * len(work.todo) for work in self._line.works)
        return Usage(running + self._line.calls, streams, self.wire.kept_bytes + waits)

    def trim(self) -> None:
        """The client may hold less than before."""
        self._holdings.trim()

    @property
    def held(self) -> int:
        """Results that are held for the client."""
        return len(self._holdings)

    def _timed(self) -> set[Work]:
        """What fails when its time is up."""
        waiting = (waiting.work for waiting in self._bodies.values())
        return {work for work in (*waiting, *self._line.works) if work.is_timed}

    @property
    def running(self) -> Collection[asyncio.Task[None]]:
        """What runs for the client."""
        self._pool.notice()
        bodies = (waiting.tasks[id] for id, waiting in self._bodies.items())
        return [*bodies, *self._streams.running.values()]

    def changed(self) -> None:
        """There may be something to send."""
        self._outlet.changed(self)

    def outgoing(self) -> list[bytes]:
        """The messages to send now."""
        told, self._told = self._told, {}
        self.written.say(answered=bool(told))
        for method, (ids, payloads) in told.items():
            self.wire.results(method, ids, payloads)
        if self._begun:
            self._begin_soon()
        messages = self.wire.outgoing()
        if self._packing is not None and ZSTD in self.wire.packs:
            messages = [self._packing.pack(data) for data in messages]
        return messages

    # -- calls --

    def _start(self, calls: Calls, deadline: float) -> None:
        """Answer calls: hits at once, the others in their turn."""
        if calls.kind is Kind.STREAM:
            for call in calls_of(calls):
                self._streams.start(call)
            return
        if not self.account.admits(calls=len(calls.arguments)):
            self._gate.refused += len(calls.arguments)
            no = Answer(failure=refusal(RETRY_AFTER))
            self.answers(calls.kind, calls.method, [(id, no) for id in calls.ids])
            return
        if calls.kind is Kind.AHEAD:
            self._holdings.parked.add(calls)
            return
        try:
            bodies = self._servant.answer(calls, self)
        except Exception as error:
            self._start_each(calls, deadline, error)
            return
        if bodies is None:
            return
        work = Work(self, self._line, calls.kind, calls.method, bodies, deadline)
        work.bytes = sum(map(len, calls.arguments)) // len(calls.arguments)
        self._gate.enter(work)
        if work.todo and work.is_timed:
            self._deadlines.set(work, work.seconds)
        self._pool.wake()

    def _begin(self, place: Place) -> None:
        """What a call comes after has ended. What sets that off goes on first."""
        self._begun[place.id] = place
        if len(self._begun) == 1:
            self._begin_soon()

    def _begin_soon(self) -> None:
        if self._begun and self._line.calls < AT_ONCE:
            self._loop.call_soon(self._begin_some, context=self._contexts.fresh())

    def _begin_some(self) -> None:
        """Begin as many as may stand in line; the others when these leave it."""
        room = max(0, AT_ONCE - self._line.calls)
        places = [self._begun.pop(id) for id in list(islice(self._begun, room))]
        for calls in begun(places):
            self.wire.begin(calls.ids)
            self._come(calls, now() + calls.budget / 1000.0)
        self._begin_soon()

    def _come(self, calls: Calls, deadline: float) -> None:
        if self._behind.fences and calls.kind is not Kind.COMMAND:
            self._behind.hold_back(calls, deadline)
        else:
            self._start(calls, deadline)

    def _start_each(self, calls: Calls, deadline: float, error: Exception) -> None:
        """The fault of a call costs that call only (D29)."""
        count = len(calls.arguments)
        if count == 1:
            self.answers(calls.kind, calls.method, [(calls.first, self.failed(error))])
            return
        for index in range(count):
            self._start(one_of(calls, index), deadline)

    def results(
        self, kind: Kind, method: int, ids: Sequence[int], payloads: Sequence[bytes]
    ) -> None:
        if kind is Kind.COMMAND:
            self._outlet.flush_others(self)
        told = self._told.get(method)
        if told is None:
            told = self._told[method] = ([], [])
        told[0].extend(ids)
        told[1].extend(payloads)
        self.changed()

    def answers(self, kind: Kind, method: int, answers: Sequence[tuple[int, Answer]]) -> None:
        if kind is Kind.COMMAND:
            self._outlet.flush_others(self)
        elif kind is Kind.ONEWAY:
            self._unheard.add(each.failure for _, each in answers)
            return
        self.written.say(answered=kind is not Kind.COMPUTE)
        good = [(id, each) for id, each in answers if each.failure is None]
        ids, payloads = [id for id, _ in good], [each.payload for _, each in good]
        kept = set(self.wire.results(method, ids, payloads, keep=True))
        for id, (_, failure, held) in answers:
            if failure is not None and self.fail(id, failure, keep=held is not None):
                kept.add(id)
            if held is not None and id in kept:
                self._holdings.hold(id, held)
        self.changed()

    def stale(self, id: int, why: Callable[[bool], str]) -> None:
        self.wire.invalidated(id, why(self._holdings.confides))
        self._loop.call_soon(self._stop, id)  # not here: the body may be what set this off
        self.changed()

    def wrote(self, id: int, marks: tuple[Mark, ...]) -> None:
        self.written.add(id, marks)

    def _pass(self, number: int, proven: bool) -> None:
        """A fence is passed; proven: and nothing that is held is suspended (D6c)."""
        self.wire.passed(number, None if proven else self._holdings.suspended())
        self.changed()

    def failed(self, error: BaseException) -> Answer:
        what = f"a call of {self.reply_subject}"
        if isinstance(error, Exception):
            return Answer(failure=internal(error, f"{what} failed"))
        if not isinstance(error, asyncio.CancelledError):
            _log.error("%s failed", what, exc_info=error)
        return Answer(failure=_NO_ANSWER)

    def waits(self, waiting: Waiting) -> None:
        self._bodies.update(dict.fromkeys(waiting.tasks, waiting))

    def stopped(self, ids: Iterable[int]) -> None:
        for id in ids:
            del self._bodies[id]

    def ending(self, task: asyncio.Task[None]) -> Answer | None:
        """What is told of a call whose task ended so, unless it was answered before."""
        if task.cancelled():
            return Answer(failure=_NO_ANSWER)
        error = task.exception()
        return None if error is None else self.failed(error)

    def over(self, work: Work) -> None:
        self._deadlines.drop(work)

    def refuse(self, work: Work, ids: Sequence[int], retry_after: float) -> None:
        failure = Answer(failure=refusal(retry_after))
        self.answers(work.kind, work.method, [(id, failure) for id in ids])
        if not work.open:
            self.over(work)

    def late(self, work: Work) -> None:
        self._pool.notice()
        if work.kind is Kind.ONEWAY:
            self._unheard.add([_LATE] * work.open)
        for id in (*self._gate.drop(work), *work.bodies):
            self.fail(id, _LATE)
            self._stop(id)
        self.over(work)
        self.changed()

    def fail(self, id: int, failure: Ending, *, keep: bool = False) -> bool:
        """Nothing is said if it was answered, or nobody wants an answer any more."""
        return self.wire.failure(id, failure.code, failure.message, failure.data, keep=keep)

    def _stop(self, id: int) -> None:
        self._pool.notice()
        self._holdings.parked.drop(id)
        self._begun.pop(id, None)
        work = self._gate.leave(self._line, id)
        if work is not None and not work.open:
            self.over(work)
        self._begin_soon()
        if id in self._bodies:
            self._pool.cancel(self._bodies[id], id)
        else:
            self._streams.stop(id)

    def _clear(self, finish: bool) -> None:
        """Nobody waits for answers any more. finish: nobody did for those of one-way calls."""

        def goes_on(work: Work) -> bool:
            return finish and work.kind is Kind.ONEWAY

        self._behind.clear()
        self._begun.clear()
        self._pool.notice()
        for work in self._timed():
            if not goes_on(work):
                self._deadlines.drop(work)
        if not len(self._deadlines):
            self._deadlines.close()
        for work in list(self._line.works):
            if not goes_on(work):
                self._gate.drop(work)
        for id, waiting in self._bodies.items():
            if not goes_on(waiting.work):
                self._pool.cancel(waiting, id)
        self._streams.stop_all()
        self._holdings.clear()
