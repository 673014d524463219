"""`Peer`: this process's way to one service: a session with a host, and another when it is gone."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Coroutine
from typing import Any, Final

from ..errors import OutcomeUnknown, RemoteUnavailable, WireError
from ..primitives import clock, random_bits
from ..transport import Message, Transport
from ..wire import client_events as events
from ..wire.calls import Request
from ..wire.client import ClientSession
from ..wire.envelopes import decode_host_envelope
from ..wire.frames import Ending, Kind
from ..wire.limits import Limits, Timing
from .answer import Failed, Pending
from .registration import Registration
from .stream import Incoming
from .subjects import Subjects

__all__ = ["Peer"]

PATIENCE: Final = 2.0
"""Seconds without any host, after which the calls that wait for one fail."""
PROOF_TIMEOUT: Final = 10.0
"""Seconds that a strict read waits for the proof that a suspended value is fresh."""


class Peer:
    """Makes calls to one service; is the lease of what came back (D6).

    All that a message says is applied as it arrives, not in the coroutines that await it (D5).
    """

    def __init__(
        self,
        service: str,
        transport: Transport,
        subjects: Subjects,
        *,
        cid: str,
        principal: str,
        timing: Timing,
    ) -> None:
        self.service = service
        self._transport = transport
        self._subjects = subjects
        self._cid = cid
        self._principal = principal
        self._timing = timing
        self._limits = Limits(max_bytes=transport.max_payload)
        self._reply = subjects.client(principal, cid, service)
        self._loop = asyncio.get_running_loop()
        self._now = clock()
        self._session: ClientSession | None = None
        self._pending: dict[int, Pending] = {}
        self._streams: dict[int, Incoming] = {}
        self._held: dict[int, Registration] = {}
        self._proof = asyncio.Event()
        self._no_host_since = math.inf
        self._flushing = False
        self._timer: asyncio.TimerHandle | None = None
        self._draining = False
        self._waiting: list[Pending | Incoming] = []
        """What goes to the next host, once the one that drains has answered its last call."""

    # -- calls --

    async def call(self, request: Request, registration: Registration | None = None) -> bytes:
        """The result of a call; with a registration, it stays registered.

        Raises:
            Failed: the host answered with a failure.
            RemoteUnavailable: no host of the service can be reached.
            OutcomeUnknown: the host of a command was lost: it may have run, or not (D13).
        """
        pending = Pending(request, registration)
        self._send(pending)
        try:
            return await pending.answer
        except asyncio.CancelledError:
            if self._pending.pop(pending.id, None) is not None:
                self.cancel(pending.id)
            raise

    def stream(self, request: Request) -> Incoming:
        """Start a stream."""
        incoming = Incoming(request, self)
        self._send(incoming)
        return incoming

    def cancel(self, id: int) -> None:
        """Give up a call or a stream; its host stops it (D19)."""
        self._streams.pop(id, None)
        if self._session is not None:
            self._session.cancel(id)
            self._changed()

    def consumed(self, id: int, index: int) -> None:
        """The reader of a stream took this item."""
        if self._session is not None and id in self._streams:
            self._session.consumed(id, index)
            self._changed()

    def release(self, id: int) -> None:
        """Let go of a registered result."""
        if self._held.pop(id, None) is not None and self._session is not None:
            self._session.unsubscribe((id,))
            self._changed()

    def _send(self, call: Pending | Incoming) -> None:
        if self._draining:
            self._waiting.append(call)
            return
        call.id = self._open().call(call.request)
        if isinstance(call, Pending):
            self._pending[call.id] = call
        else:
            self._streams[call.id] = call
        self._changed()

    def _open(self) -> ClientSession:
        if self._session is None:
            self._session = ClientSession(
                cid=self._cid,
                principal=self._principal,
                gen=random_bits(52),
                now=self._now(),
                timing=self._timing,
                limits=self._limits,
            )
        return self._session

    # -- the lease of every result of this service (D6, D6b) --

    def live(self) -> bool:
        """Whether what is held is provably fresh at this moment."""
        return self._session is not None and self._session.live(self._now())

    async def revalidate(self) -> None:
        """Return when what is held is proven fresh again, or was invalidated.

        Raises:
            RemoteUnavailable: neither happened in time.
        """
        if not self.live():
            self._proof.clear()
            self._changed()
            await self.in_time(self._proof.wait(), "its host is silent")

    async def in_time(self, proof: Coroutine[Any, Any, Any], problem: str) -> None:
        """Wait for a proof.

        Raises:
            RemoteUnavailable: it did not come in time.
        """
        try:
            async with asyncio.timeout(PROOF_TIMEOUT):
                await proof
        except TimeoutError:
            raise RemoteUnavailable(self.service, f"{problem} (for {PROOF_TIMEOUT:g} s)") from None

    # -- what the transport says --

    def received(self, message: Message) -> None:
        """A message to this client and service."""
        session = self._session
        if session is None:
            return
        now = self._now()
        if message.no_responders is not None:
            if message.no_responders == self._subjects.hosts(self.service):
                session.no_host(now)
            else:
                session.no_responders(now)
        else:
            try:
                envelope = decode_host_envelope(message.payload)
            except WireError:
                session.gap(now)
            else:
                session.receive(envelope, now)
        self._changed()

    def reconnected(self) -> None:
        """The connection was lost, and is back (D10)."""
        if self._session is not None:
            self._session.reconnected(self._now())
            self._changed()

    def gap(self) -> None:
        """Messages to this client were dropped (D11)."""
        if self._session is not None:
            self._session.gap(self._now())
            self._changed()

    def close(self) -> None:
        """Leave: the host forgets what it holds for this client."""
        if self._session is not None:
            self._session.bye()
            self._flush()
            self._lost("this client was closed")
        if self._timer is not None:
            self._timer.cancel()

    # -- driving the session --

    def _changed(self) -> None:
        """Apply what the session tells, and send what it wants sent at the end of this tick."""
        while self._session is not None and (told := self._session.events()):
            for event in told:
                self._apply(event)
        if self._draining and not self._pending:
            self._move()
        if not self._flushing:
            self._flushing = True
            self._loop.call_soon(self._flush)

    def _flush(self) -> None:
        self._flushing = False
        session = self._session
        if session is None:
            return
        now = self._now()
        for iid, data in session.outgoing(now):
            if iid is None:
                subject = self._subjects.hosts(self.service)
            else:
                subject = self._subjects.host(self.service, iid)
            self._transport.publish(subject, data, self._reply)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        due = session.next_tick()
        if due < math.inf:
            self._timer = self._loop.call_later(max(0.0, due - now), self._tick)

    def _tick(self) -> None:
        if self._session is not None:
            self._session.tick(self._now())
            self._changed()

    # -- what the session tells --

    def _apply(self, event: events.ClientEvent) -> None:
        match event:
            case events.Completed(id, payload, held):
                pending = self._pending.pop(id, None)
                if pending is not None:
                    self._hold(pending, id, held)
                    pending.settle(payload)
            case events.Failed(id, code, message, data, held):
                failure = Ending(code, message, data)
                pending = self._pending.pop(id, None)
                if pending is not None:
                    self._hold(pending, id, held)
                    pending.fail(Failed(failure))
                elif (incoming := self._streams.pop(id, None)) is not None:
                    incoming.ended(failure)
            case events.Invalidated(id, reason, True):
                registration = self._held.pop(id, None)
                if registration is not None:
                    registration.invalidated(reason)
            case events.Invalidated(id, _, False) | events.Unsent(id):
                self._again(id)
            case events.ItemReceived(id, index, payload):
                if (incoming := self._streams.get(id)) is not None:
                    incoming.received(index, payload)
            case events.Ended(id, ending):
                if (incoming := self._streams.pop(id, None)) is not None:
                    incoming.ended(ending)
            case events.Opened() | events.Resumed():
                self._no_host_since = math.inf
                self._proof.set()
            case events.Upstream(suspended, resumed):
                for id in suspended & self._held.keys():
                    self._held[id].suspended()
                for id in resumed & self._held.keys():
                    self._held[id].resumed()
            case events.NoHost():
                self._no_host()
            case events.Draining():
                self._drain()
            case events.Gone(reason, unsent, pending_ids, _):
                self._session_gone(reason, unsent, pending_ids)

    def _hold(self, pending: Pending, id: int, held: bool) -> None:
        if not held:
            return
        if pending.registration is None:
            assert self._session is not None
            self._session.unsubscribe((id,))
            return
        pending.registration.id = id
        self._held[id] = pending.registration

    def _again(self, id: int) -> None:
        """A call that the host did not run, or whose result was stale when it came (D4)."""
        call = self._pending.pop(id, None) or self._streams.pop(id, None)
        if call is not None:
            self._send(call)

    def _no_host(self) -> None:
        now = self._now()
        self._no_host_since = min(self._no_host_since, now)
        if now - self._no_host_since >= PATIENCE:
            self._lost("no host serves it; start one that does (`fusiongen run MODULE:ATTR`)")

    def _lost(self, problem: str) -> None:
        """Every call fails, and nothing that is held can be proven fresh any more (D2)."""
        self._session = None
        pending, streams = self._forget_calls()
        error = RemoteUnavailable(self.service, problem)
        for call in (*pending.values(), *streams.values(), *self._waiting):
            call.fail(error)
        self._waiting.clear()
        self._invalidate_held(problem)

    def _session_gone(self, reason: str, unsent: tuple[int, ...], sent: tuple[int, ...]) -> None:
        """The host is gone: what it held is invalid, what may run twice is asked of another."""
        self._flush()
        self._session = None
        self._draining = False
        pending, streams = self._forget_calls()
        self._invalidate_held(f"{self.service}: {reason}")
        for id in (*unsent, *sent):
            if (call := pending.get(id)) is not None:
                if id in sent and call.request.kind is Kind.COMMAND:
                    call.fail(OutcomeUnknown(self.service, f"{reason}; the command may have run"))
                else:
                    self._send(call)
            elif (incoming := streams.get(id)) is not None:
                if id in sent:
                    incoming.fail(RemoteUnavailable(self.service, f"{reason}; start it anew"))
                else:
                    self._send(incoming)
        self._send_waiting()

    def _forget_calls(self) -> tuple[dict[int, Pending], dict[int, Incoming]]:
        calls = self._pending, self._streams
        self._pending, self._streams = {}, {}
        return calls

    def _invalidate_held(self, reason: str) -> None:
        held, self._held = self._held, {}
        for registration in held.values():
            registration.invalidated(reason)
        self._proof.set()

    # -- a host that drains finishes what it runs; everything else goes to another one (D22) --

    def _drain(self) -> None:
        self._draining = True
        streams, self._streams = self._streams, {}
        for incoming in streams.values():
            incoming.fail(RemoteUnavailable(self.service, "its host shuts down; start it anew"))
        self._invalidate_held(f"{self.service}: its host shuts down")

    def _move(self) -> None:
        if self._session is not None:
            self._session.bye()
            self._flush()
            self._session = None
        self._draining = False
        self._send_waiting()

    def _send_waiting(self) -> None:
        waiting, self._waiting = self._waiting, []
        for call in waiting:
            self._send(call)
