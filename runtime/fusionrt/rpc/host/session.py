"""`Session`: a host's session with a client: what runs, what is held (D3, D19, D29, G34)."""

from __future__ import annotations

import asyncio
import contextvars
import logging
from collections.abc import Collection, Coroutine
from typing import Any, Final

from ...primitives import spawn
from ...wire import host_events as events
from ...wire.envelopes import ClientEnvelope
from ...wire.frames import Ending, Kind
from ...wire.host import HostSession
from ...wire.refusals import RETRY_AFTER, refusal
from ..deadlines import Deadlines
from .gate import Gate, Line
from .read_your_writes import Outlet
from .servant import Call, Held, Servant, calls_of, internal
from .statistics import SessionStatistics
from .streams import OpenStreams, Sender, Senders

__all__ = ["Session"]

_log = logging.getLogger("fusionrt")

_NO_ANSWER: Final = Ending(
    "cancelled", "its body ended without an answer: it was cancelled on its host"
)


class Session:
    """Drives one `HostSession`: acts on what the client wants."""

    def __init__(
        self,
        wire: HostSession,
        servant: Servant,
        reply_subject: str,
        *,
        gate: Gate,
        streams: OpenStreams,
        quota: int,
        confides: bool,
        context: contextvars.Context,
        outlet: Outlet,
    ) -> None:
        """gate: says when a body may run. streams: that are open, of all clients.
        quota: of results that are held.
        confides: whether the client is told in full why results are invalidated (D28).
        context: what every body starts from.
        """
        self.wire = wire
        self.reply_subject = reply_subject
        self._servant = servant
        self._gate = gate
        self._line = Line()
        self._streams = streams
        self._quota = quota
        self._confides = confides
        self._context = context
        self._outlet = outlet
        self._deadlines: Deadlines[int] = Deadlines(self._late)
        self._running: dict[int, asyncio.Task[None]] = {}
        self._held: dict[int, Held] = {}
        self.senders = Senders(wire, self.changed)

    def receive(self, envelope: ClientEnvelope, now: float) -> bool:
        """A message of the client came. False: the session is over."""
        for event in self.wire.receive(envelope, now):
            match event:
                case events.CallsReceived(calls, deadline):
                    for call in calls_of(calls):
                        self._start(call, deadline - now)
                case events.CallCancelled(id):
                    self._stop(id)
                case events.Unsubscribed(ids):
                    for id in ids:
                        self._release(id)
                case events.Consumed(id, credit):
                    if credit > 0:
                        self.senders.credited(id)
                case events.KeepAliveReceived():
                    suspended = [id for id, held in self._held.items() if held.suspended()]
                    self.wire.acknowledge(event, suspended)
                case events.Closed():
                    self._clear()
                    self.changed()
                    return False
        self.changed()
        return True

    def close(self, reason: str) -> None:
        """End the session: stop what runs, let go of what is held."""
        self.wire.close(reason)
        self._clear()

    def statistics(self) -> SessionStatistics:
        """What runs and is held for the client."""
        return SessionStatistics(
            client=self.wire.cid,
            principal=self.wire.principal,
            running=len(self._running),
            waiting=len(self._line.waiting),
            blocked=len(self.senders),
            deadlines=len(self._deadlines),
            held=len(self._held),
            session=self.wire.statistics(),
        )

    @property
    def running(self) -> Collection[asyncio.Task[None]]:
        """What runs for the client."""
        return self._running.values()

    def changed(self) -> None:
        """There may be something to send."""
        self._outlet.changed(self)

    # -- calls --

    def _start(self, call: Call, seconds: float) -> None:
        """Answer a call that has so many seconds left: a hit at once, the others in their turn.

        A stream may take longer; so may a compute call, which others may have joined: its client
        cancels it when the last of them leaves.
        """
        work = self._answered_now(call)
        if work is None:
            return
        if call.kind is Kind.STREAM:
            self._start_stream(call, work)
            return
        if call.kind is not Kind.COMPUTE:
            self._deadlines.set(call.id, seconds)
        self._gate.enter(self._line, call.id, _Entrant(self, call, work), seconds)

    def _start_stream(self, call: Call, work: Coroutine[Any, Any, None]) -> None:
        if self._streams.full:
            work.close()
            self._unanswered(call, refusal(RETRY_AFTER))
            return
        self._streams.add(self._run(call, work, None))

    def begin(self, call: Call, work: Coroutine[Any, Any, None], now: float) -> None:
        """It is a call's turn."""
        self._run(call, work, now)

    def refuse(self, call: Call, retry_after: float) -> None:
        """A call cannot be served in time (D27)."""
        self._deadlines.drop(call.id)
        self._unanswered(call, refusal(retry_after))

    def _run(
        self, call: Call, work: Coroutine[Any, Any, None], began: float | None
    ) -> asyncio.Task[None]:
        """began: when the gate let it in."""
        id = call.id
        task = self._running[id] = spawn(work, name="fusion call", context=self._context.copy())

        def ended(task: asyncio.Task[None]) -> None:
            del self._running[id]
            self._deadlines.drop(id)
            if began is not None:
                self._gate.ended(began)
            work.close()  # if it never began
            if task.cancelled():
                self._unanswered(call, _NO_ANSWER)
            elif (error := task.exception()) is not None:
                self._unanswered(call, self._failed(error))

        task.add_done_callback(ended)
        return task

    def _answered_now(self, call: Call) -> Coroutine[Any, Any, None] | None:
        """What answers the call; None if it is answered. One call costs itself (D29)."""
        try:
            return self._servant.answer(call, _Reply(self, call))
        except Exception as error:
            self._unanswered(call, self._failed(error))
            return None

    def _failed(self, error: BaseException) -> Ending:
        what = f"a call of {self.reply_subject}"
        if isinstance(error, Exception):
            return internal(error, what)
        _log.error("%s failed", what, exc_info=error)
        return _NO_ANSWER

    def _late(self, id: int) -> None:
        self.wire.failure(id, "timeout", "its time was up before it was done")
        self.changed()
        self._stop(id)

    def _unanswered(self, call: Call, failure: Ending) -> None:
        """Nothing is said if it was answered, or nobody wants an answer any more."""
        if call.kind is Kind.STREAM:
            self.wire.end(call.id, failure)
        else:
            self.wire.failure(call.id, failure.code, failure.message, failure.data)
        self.changed()

    def _stop(self, id: int) -> None:
        self._deadlines.drop(id)
        self._gate.leave(self._line, id)
        task = self._running.get(id)
        if task is not None:
            task.cancel()

    # -- what is held --

    def hold(self, id: int, held: Held) -> None:
        """Keep a result until it is invalidated or released, or too many are kept (G34)."""
        self._held[id] = held
        held.subscribe(lambda reason: self._invalidated(id, reason), self._confides)
        if len(self._held) > self._quota:
            oldest = next(iter(self._held))
            self._held[oldest].release()
            self._invalidated(oldest, "one client held too many results of this host")

    def _invalidated(self, id: int, reason: str) -> None:
        if self._held.pop(id, None) is not None:
            self.wire.invalidated(id, reason)
            self.changed()

    def _release(self, id: int) -> None:
        held = self._held.pop(id, None)
        if held is not None:
            held.release()

    def _clear(self) -> None:
        self._deadlines.close()
        for id in [*self._running, *self._line.waiting]:
            self._stop(id)
        for id in list(self._held):
            self._release(id)

    def answered(self, call: Call, kept: bool, held: Held | None) -> None:
        """A call's answer was handed in; it is not sent before what its command invalidated."""
        if held is not None and kept:
            self.hold(call.id, held)
        if call.kind is Kind.COMMAND:
            self._outlet.flush_others(self)
        self.changed()


class _Entrant:
    __slots__ = ("_call", "_session", "_work")

    def __init__(self, session: Session, call: Call, work: Coroutine[Any, Any, None]) -> None:
        self._session: Final = session
        self._call: Final = call
        self._work: Final = work

    def begin(self, now: float) -> None:
        self._session.begin(self._call, self._work, now)

    def refuse(self, retry_after: float) -> None:
        self._work.close()
        self._session.refuse(self._call, retry_after)

    def forget(self) -> None:
        self._work.close()


class _Reply:
    __slots__ = ("_call", "_session")

    def __init__(self, session: Session, call: Call) -> None:
        self._session: Final = session
        self._call: Final = call

    def result(self, payload: bytes, held: Held | None = None) -> None:
        kept = self._session.wire.result(self._call.id, payload, keep=held is not None)
        self._session.answered(self._call, kept, held)

    def failure(self, failure: Ending, held: Held | None = None) -> None:
        kept = self._session.wire.failure(
            self._call.id, failure.code, failure.message, failure.data, keep=held is not None
        )
        self._session.answered(self._call, kept, held)

    def stream(self) -> Sender:
        return self._session.senders.sender(self._call.id)
