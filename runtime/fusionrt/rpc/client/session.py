"""`Session`: a client's session with one host: what waits, what is held (D4, D5, D6, D19, D22)."""

from __future__ import annotations

import asyncio
import contextvars
import math
from collections.abc import Callable
from typing import Final, Protocol

from ...errors import FusionError, RemoteUnavailable
from ...primitives import clock
from ...wire import client_events as events
from ...wire.client import ClientSession
from ...wire.envelopes import HostEnvelope
from ...wire.frames import Ending, Kind
from ...wire.refusals import RETRY_AFTER
from .answer import Failed, Pending
from .outage import Outage
from .proof import in_time
from .registration import Registration
from .statistics import SessionStatistics
from .stream import Incoming
from .turns import Turns

__all__ = ["Call", "Owner", "Session"]

Call = Pending | Incoming

STALLED: Final = 0.4
"""The share of a call's time after which this process, still busy with making calls in one turn of
its loop, makes no more: it could neither send them nor hear of them in time."""

_NO_STREAM: Final = Ending("bad_answer", "its host answered without a stream: update it")


class Owner(Protocol):
    """What a session tells the peer that it belongs to."""

    def opened(self) -> None:
        """A host took it."""

    def again(self, call: Call) -> None:
        """The host did not run this call, or its result was stale when it came (D4)."""

    def no_host(self, session: Session) -> None:
        """Nobody listens where hosts are found."""

    def draining(self, session: Session) -> None:
        """Its host shuts down, once it has answered what it runs."""

    def left(self, session: Session) -> None:
        """Its host has answered all, and shuts down."""

    def gone(self, session: Session, reason: str, unsent: list[Call], sent: list[Call]) -> None:
        """Its host is lost. unsent: calls that never left. sent: calls that may have run."""


class Session:
    """Drives one `ClientSession`; is the lease of what came through it (D6, D6b).

    All that a message says is applied as it arrives, not in the coroutines that await it (D5).

    good_until: until when what is held is provably fresh, on the clock `now`; in seconds.
    leaving: its host shuts down: what still runs there ends, nothing new begins.
    over: it has ended.
    """

    def __init__(
        self,
        service: str,
        wire: ClientSession,
        owner: Owner,
        send: Callable[[str | None, bytes], None],
        outage: Outage,
    ) -> None:
        """send: takes a message for a host's instance id, or for any host. outage: of the
        connection that it sends by.
        """
        self.service = service
        self.good_until = -math.inf
        self.now: Final = clock()
        self.leaving = False
        self.over = False
        self._wire = wire
        self._owner = owner
        self._send = send
        self._outage = outage
        self._loop = asyncio.get_running_loop()
        # What a message sets off must not run as a part of whoever happened to send it.
        self._context = contextvars.Context()
        self._calls: dict[int, Call] = {}
        self._held: dict[int, Registration] = {}
        self._proof = asyncio.Event()
        self._turns = Turns()
        self._newest = 0
        """The id of the last call."""
        self._arrived: float = math.inf
        """In an outage: no call beyond this id can have reached the host."""
        self._flushing = False
        self._unsent_since = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._due = math.inf

    @property
    def iid(self) -> str | None:
        """The host's instance id, once there is one."""
        return self._wire.iid

    # -- calls --

    def call(self, call: Call) -> None:
        """Send a call; until there is a host, it waits."""
        call.session = self
        call.id = id = self._wire.call(call.request)
        self._calls[id] = call
        self._newest = id
        self._changed()

    def refuses(self, left: float) -> float:
        """Seconds after which to make a call that would need more than so many now; else 0."""
        if not self._wire.crowded:
            return 0.0
        now = self.now()
        if self._flushing and now - self._unsent_since > left * STALLED:
            return RETRY_AFTER
        return self._wire.refuses(left, now)

    def cancel(self, call: Call) -> None:
        """Give up a call; its host stops it (D19)."""
        if self._calls.get(call.id) is call:
            del self._calls[call.id]
            self._wire.cancel(call.id)
            self._changed()

    def consumed(self, stream: Incoming, index: int) -> None:
        """The reader of a stream took the items up to this one."""
        if self._calls.get(stream.id) is stream and self._wire.consumed(stream.id, index):
            self._changed()

    def release(self, registration: Registration) -> None:
        """Let go of a registered result."""
        if self._held.get(registration.id) is registration:
            del self._held[registration.id]
            self._wire.unsubscribe((registration.id,))
            self._changed()

    def statistics(self) -> SessionStatistics:
        """What waits for an answer, and what is held."""
        return SessionStatistics(
            host=self.iid,
            leaving=self.leaving,
            calls=len(self._calls),
            held=len(self._held),
            session=self._wire.statistics(),
        )

    # -- the lease of every result that came through it --

    def live(self) -> bool:
        """Whether what is held is provably fresh at this moment."""
        return self.now() < self.good_until

    def on_turn(self, handler: Callable[[], None]) -> Callable[[], None]:
        """Call `handler` whenever what is held ceases to be provably fresh, or is so again."""
        return self._turns.subscribe(handler)

    async def revalidate(self) -> None:
        """Return when what is held is proven fresh again, or was invalidated.

        Raises:
            RemoteUnavailable: neither happened in time, or there is a declared outage.
        """
        if self.over:
            raise RemoteUnavailable(self.service, "the session with its host is over")
        if not self.live() and not self._outage.declared:
            self._proof.clear()
            self._changed()
            await in_time(self._proof.wait(), self.service, "its host is silent")
        if self._outage.declared:
            raise self._outage.error(self.service)

    # -- what the transport says --

    def received(self, envelope: HostEnvelope) -> None:
        """A message of this session."""
        self._wire.receive(envelope, self.now())
        self._changed()

    def nobody_listens(self, at_host: bool) -> None:
        """Nobody listens at the host's subject; or none where hosts are found."""
        if at_host:
            self._wire.no_responders(self.now())
        else:
            self._wire.no_host(self.now())
        self._changed()

    def disconnected(self) -> None:
        """The connection is lost, for a moment or for long."""
        self._arrived = self._newest

    def cut_off(self) -> None:
        """The outage is declared: nothing is fresh, and what only reads, or never left, fails with
        the cause (D26). What may have run waits for its answer.
        """
        self._wire.gap(self.now())
        error = self._outage.error(self.service)
        for call in list(self._calls.values()):
            unsent = call.id > self._arrived or self._wire.unsent(call.id)
            if unsent or call.request.kind is Kind.COMPUTE:
                self.cancel(call)
                call.fail(error)
        self._changed()
        self._proof.set()  # whoever waits for it learns of the outage

    def reconnected(self) -> None:
        """The connection was lost, and is back (D10)."""
        self._arrived = math.inf
        self._wire.reconnected(self.now())
        self._changed()

    def gap(self) -> None:
        """Messages to this client were dropped (D11)."""
        self._wire.gap(self.now())
        self._changed()

    # -- its end --

    def leave(self, error: FusionError) -> None:
        """End it: every call fails, and nothing that is held can be proven any more (D2)."""
        self._wire.bye()
        for call in self._end(str(error)).values():
            call.fail(error)

    def _end(self, reason: str) -> dict[int, Call]:
        self.over = True
        self.good_until = -math.inf
        self._flush()
        calls, self._calls = self._calls, {}
        self._invalidate_held(reason)
        return calls

    def _invalidate_held(self, reason: str) -> None:
        held, self._held = self._held, {}
        for registration in held.values():
            registration.invalidated(reason)
        self._proof.set()

    # -- driving it --

    def _changed(self) -> None:
        """Apply what the session tells, and send what it wants sent at the end of this tick."""
        self._tell()
        if not self._flushing and not self.over:
            self._flushing = True
            self._unsent_since = self.now()
            self._loop.call_soon(self._flush, context=self._context)

    def _tell(self) -> None:
        self.good_until = self._wire.good_until
        for event in self._wire.events():
            self._apply(event)
        if self.leaving and not self._calls and not self.over:
            self.leave(RemoteUnavailable(self.service, "its host shuts down"))
            self._owner.left(self)

    def _flush(self) -> None:
        self._flushing = False
        now = self.now()
        for iid, data in self._wire.outgoing(now):
            self._send(iid, data)
        self._tell()  # what was refused
        if self._wire.pressed:
            self._changed()
        due = self._wire.next_tick()
        # A timer that comes too early does no harm, and setting it anew costs more than a message.
        if due < self._due or self.over:
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None
            self._due = due
            if due < math.inf:
                delay = max(0.0, due - now)
                self._timer = self._loop.call_later(delay, self._tick, context=self._context)

    def _tick(self) -> None:
        self._timer = None
        self._due = math.inf
        self._wire.tick(self.now())
        self._changed()

    def _apply(self, event: events.ClientEvent) -> None:
        match event:
            case events.Completed(ids, payloads, held):
                for id, payload in zip(ids, payloads, strict=True):
                    self._completed(id, payload, held)
            case events.Failed(id, code, message, data, held):
                failure = Ending(code, message, data)
                call = self._calls.pop(id, None)
                if isinstance(call, Pending):
                    self._hold(call, held)
                    call.fail(Failed(failure))
                elif call is not None:
                    call.ended(failure)
            case events.Invalidated(id, reason, True):
                registration = self._held.pop(id, None)
                if registration is not None:
                    registration.invalidated(reason)
            case events.Invalidated(id, _, False) | events.Unsent(id):
                call = self._calls.pop(id, None)
                if call is not None:
                    self._owner.again(call)
            case events.ItemsReceived(id, index, payloads):
                call = self._calls.get(id)
                if isinstance(call, Incoming):
                    call.received(index, payloads)
            case events.Ended(id, ending):
                call = self._calls.pop(id, None)
                if isinstance(call, Incoming):
                    call.ended(ending)
            case events.Opened():
                self._owner.opened()
                self._proof.set()
            case events.Suspended():
                self._turns.tell()
            case events.Resumed():
                self._proof.set()
                self._turns.tell()
            case events.Upstream(suspended, resumed):
                for id in suspended & self._held.keys():
                    self._held[id].suspended()
                for id in resumed & self._held.keys():
                    self._held[id].resumed()
            case events.NoHost():
                self._owner.no_host(self)
            case events.Draining():
                self._drain()
            case events.Gone(reason, unsent, sent, _):
                calls = self._end(f"{self.service}: {reason}")
                self._owner.gone(
                    self,
                    reason,
                    [calls[id] for id in unsent if id in calls],
                    [calls[id] for id in sent if id in calls],
                )

    def _completed(self, id: int, payload: bytes, held: bool) -> None:
        call = self._calls.pop(id, None)
        if isinstance(call, Pending):
            self._hold(call, held)
            call.settle(payload)
        elif call is not None:
            call.ended(_NO_STREAM)

    def _hold(self, call: Pending, held: bool) -> None:
        if not held:
            return
        registration = call.registration
        if registration is None:
            self._wire.unsubscribe((call.id,))
            return
        registration.session = self
        registration.id = call.id
        self._held[call.id] = registration

    def _drain(self) -> None:
        """The host finishes what it runs; everything else goes to another one (D22)."""
        if self.leaving:
            return
        self.leaving = True
        self._owner.draining(self)
        for id in self._wire.recall():
            call = self._calls.pop(id)
            call.session = None
            self._owner.again(call)
        error = RemoteUnavailable(self.service, "its host shuts down; start the stream anew")
        for id, call in list(self._calls.items()):
            if isinstance(call, Incoming):
                del self._calls[id]
                call.fail(error)
        self._invalidate_held(f"{self.service}: its host shuts down")
