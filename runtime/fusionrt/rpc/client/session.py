"""`Session`: a client's session with one host: what waits, what is held (D4, D5, D6, D19, D22)."""

from __future__ import annotations

import asyncio
import contextvars
import math
from collections.abc import Callable, Iterable
from typing import Final

from ...errors import FusionError, RemoteUnavailable
from ...wire import client_events as events
from ...wire.client import ClientSession
from ...wire.envelopes import HostEnvelope
from ...wire.frames import Ending, Kind
from ...wire.packing import ZSTD, Packing
from ...wire.refusals import MOVED, RETRY_AFTER, refusal
from ...wire.states import Machine
from ..deadlines import Alarm
from ..sending import Senders
from .ahead import Ahead
from .answer import Ask, Pending, in_doubt
from .awaited import Awaited
from .fenced import Fenced
from .lots import Lot
from .outage import Outage
from .owner import Call, Owner
from .registration import Registration
from .states import SESSION, SessionInput, SessionState
from .statistics import SessionStatistics
from .stream import Incoming

__all__ = ["Session"]

STALLED: Final = 0.2
"""The share of a call's time after which this process, still busy with making calls in one turn of
its loop, makes no more: they could not be sent, nor heard of, in time. Of 20,000 cold reads at once
with a second each, 7,500 are served at 0.25 and none at 0.4, when those that wait take too long to
refuse."""


NO_ITEMS: Final = Ending("bad_request", "its caller sends no items: update it")


class Session(Fenced):
    """Drives one `ClientSession`; is the lease of what came through it (D6, D6b).

    All that a message says is applied as it arrives, not in the coroutines that await it (D5).
    """

    def __init__(
        self,
        service: str,
        wire: ClientSession,
        owner: Owner,
        send: Callable[[str | None, bytes], None],
        push: Callable[[], None],
        outage: Outage,
        packing: Packing | None,
    ) -> None:
        """send: takes a message for a host's instance id, or for any host. push: lets what was
        sent leave. outage: of the connection that it sends by. packing: makes large messages
        smaller, for a host that can unpack them.
        """
        super().__init__(service, outage, wire)
        self._machine: Machine[SessionState, SessionInput] = Machine(SESSION, SessionState.OPEN)
        self._owner = owner
        self._send = send
        self._push = push
        self._packing = packing
        self._loop = asyncio.get_running_loop()
        # What a message sets off must not run as a part of whoever happened to send it.
        self._context = contextvars.Context()
        self._awaited = Awaited(self, wire)
        self._senders = Senders(wire, self._changed)
        self._arrived: float = math.inf
        """In an outage: no call beyond this id can have reached the host."""
        self.sources: frozenset[str] = frozenset()
        """The services that the host's results may be made from, in other hosts (D15)."""
        self._lot: Lot | None = None
        self._flushing = False
        self._unsent_since = 0.0
        self._tick_at = Alarm(self._tick, self._context)
        self._late_at = Alarm(self._late, self._context)

    @property
    def iid(self) -> str | None:
        """The host's instance id, once there is one."""
        return self._wire.iid

    @property
    def over(self) -> bool:
        """Whether it has ended."""
        return self._machine.state is SessionState.OVER

    # -- calls --

    def ask(self, call: Pending) -> None:
        """Send a call; until there is a host, it waits."""
        if self._lot is not None:
            self.close_lot()
        self._owner.crowded = True
        call.session = self
        call.id = id = self._wire.call(call)
        self._awaited.calls[id] = call
        if call.due < self._late_at.due:
            self._late_at.set(call.due)
        if not self._flushing:
            self._changed()

    def open_lot(self, ask: Ask) -> Lot | None:
        """What the next calls that are made so in this turn may join, while there is room."""
        self.close_lot()
        if self._wire.room <= 0:
            return None
        self._lot = Lot(self, ask, self._wire.room)
        return self._lot

    def close_lot(self) -> None:
        """Whatever is made next comes after the calls of the lot."""
        lot, self._lot = self._lot, None
        if lot is None:
            return
        self._owner.lot = None
        if not lot.arguments:
            return
        lot.first = self._wire.calls(lot.ask, lot.arguments, lot.opened, lot.deadline)
        self._awaited.lots.add(lot)
        if lot.deadline < self._late_at.due:
            self._late_at.set(lot.deadline)

    def ahead(self, of: Registration, ask: Ask, arguments: bytes) -> Ahead | None:
        """Make a call that begins when a result ends that is held. None: that is not held, or calls
        wait for others, or fail for an outage (D26).
        """
        if not self.holds(of) or self.room <= 0 or self._outage.declared:
            return None
        if self._lot is not None:
            self.close_lot()
        answer = self._loop.create_future()
        early = Registration(of.peer)
        call = Ahead(ask, arguments, math.inf, str(of.id), answer, registration=early, session=self)
        call.id = id = self._wire.ahead(call)
        self._awaited.ahead[id] = call
        if not self._flushing:
            self._changed()
        return call

    def wanted(self, call: Ahead) -> bool:
        """Somebody waits for a call that was made ahead; false if it is over."""
        awaited = self._awaited
        if awaited.ahead.get(call.id) is not call:
            return False
        awaited.calls[call.id] = awaited.ahead.pop(call.id)
        return True

    def holds(self, registration: Registration) -> bool:
        """Whether its host does, for this, as far as is known."""
        return self._awaited.held.get(registration.id) is registration

    def hand_over(self, early: Registration, registration: Registration) -> bool:
        """What is held for the one is held for the other from here on; false if it is not held."""
        if not self.holds(early):
            return False
        registration.session, registration.id = self, early.id
        self._awaited.held[early.id] = registration
        if not early.live():
            registration.suspended()
        return True

    def stream(self, stream: Incoming) -> None:
        """Ask for a stream."""
        self.close_lot()
        stream.session = self
        stream.id = id = self._wire.call(stream.request)
        self._awaited.streams[id] = stream
        self._changed()

    @property
    def room(self) -> int:
        """At least so many calls may be made now without a look at whether they are refused."""
        return self._wire.room

    def refuses(self, left: float) -> float:
        """Seconds after which to make a call that would need more than so many now; else 0."""
        if self._wire.room > 0:
            return 0.0
        now = self.now()
        if self._flushing and now - self._unsent_since > left * STALLED:
            return RETRY_AFTER
        return self._wire.refuses(left, now)

    def cancel(self, call: Call) -> None:
        """Give up a call; its host stops it (D19)."""
        self.close_lot()
        if self._awaited.find(call.id) is call:
            self._awaited.pop(call.id)
            self._wire.cancel(call.id)
            self._changed()

    def probe(self, call: Pending, probe: int) -> None:
        """Ask its host what a call waits for, if it was sent (D24)."""
        if not self.over:
            self._wire.probe(call.id, call, probe)
            self._changed()

    def pending(self) -> Iterable[Pending]:
        """Calls without an answer that are told of one by one."""
        return list(self._awaited.calls.values())

    def consumed(self, stream: Incoming, index: int) -> None:
        """The reader of a stream took the items up to this one."""
        if self._awaited.streams.get(stream.id) is stream and self._wire.consumed(
            stream.id, index, at_once=stream.newest
        ):
            self._changed()

    def release(self, registration: Registration) -> None:
        """Let go of a registered result."""
        if self._awaited.held.get(registration.id) is registration:
            del self._awaited.held[registration.id]
            self._wire.unsubscribe((registration.id,))
            self._changed()

    @property
    def _in_use(self) -> bool:
        return bool(self._awaited.held or self._awaited.calls or self._awaited.lots)

    def statistics(self) -> SessionStatistics:
        """What waits for an answer, and what is held."""
        self.close_lot()
        awaited = self._awaited
        timed = sum(call.due < math.inf for call in awaited.calls.values())
        return SessionStatistics(
            host=self.iid,
            leaving=self._machine.state is SessionState.LEAVING,
            live=self.live(),
            unproven=self._wire.unproven(self.now()),
            calls=len(awaited),
            deadlines=timed + awaited.lots.timed,
            held=len(awaited.held),
            session=self._wire.statistics(),
        )

    # -- what the transport says --

    def received(self, envelope: HostEnvelope) -> None:
        """A message of this session."""
        if self._lot is not None:
            self.close_lot()
        self._wire.receive(envelope, self.now())
        self._changed()

    def nobody_listens(self, at_host: bool) -> None:
        """Nobody listens at the host's subject; or none where hosts are found."""
        self.close_lot()
        if at_host:
            self._wire.no_responders(self.now())
        else:
            self._wire.no_host(self.now())
        self._changed()

    def disconnected(self) -> None:
        """The connection is lost, for a moment or for long."""
        self.close_lot()
        self._arrived = self._wire.last_id

    def cut_off(self) -> None:
        """The outage is declared: nothing is fresh, and what only reads, or never left, fails with
        the cause (D26). What may have run waits for its answer.
        """
        self.close_lot()
        self._wire.gap(self.now())
        self._give_up_ahead()
        error = self._outage.error(self.service)
        for call in self._awaited.all().values():
            ask, unsent = call.request.ask, self._unsent(call.id)
            if unsent or ask.kind is Kind.COMPUTE:
                self.cancel(call)
                call.fail(error if unsent else in_doubt(ask, error))
        self._changed()
        self._proof.set()  # whoever waits for it learns of the outage

    def _give_up_ahead(self) -> None:
        for ahead in list(self._awaited.ahead.values()):
            ahead.give_up()

    def forgotten(self) -> None:
        """The outage has lasted for so long that the host knows nothing of it any more: no stream
        can be resumed, and nothing else would end one (D18).
        """
        error = self._outage.error(self.service)
        for stream in list(self._awaited.streams.values()):
            self.cancel(stream)
            stream.fail(in_doubt(stream.request.ask, error))

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
        self.close_lot()
        sent = {id for id in self._awaited.all() if not self._unsent(id)}
        self._wire.bye()
        for id, call in self._end(str(error)).items():
            call.fail(in_doubt(call.request.ask, error) if id in sent else error)

    def _unsent(self, id: int) -> bool:
        """Whether it is certain that no host has the call."""
        return id > self._arrived or self._wire.unsent(id)

    def abandon(self) -> list[Call]:
        """End it, for its host did not answer: the calls to make elsewhere."""
        self.close_lot()
        self._wire.bye()
        return list(self._end("its host did not answer").values())

    def _end(self, reason: str) -> dict[int, Call]:
        if self.over:
            return {}
        self._machine.feed("end")
        self.good_until = self.proven_until = -math.inf
        self._flush()
        self._late_at.close()
        waiting = self._awaited.clear()
        self._lose_held(reason)
        self._fencing.end()
        return waiting

    def _lose_held(self, reason: str) -> None:
        if self._awaited.held:
            self._fencing.lose()
        self._awaited.lose_held(reason)
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
        self.good_until = self.proven_until = self._wire.good_until
        if self._fencing.reads_wait:
            self._set_good()
        for event in self._wire.events():
            self._apply(event)
        if self._machine.state is SessionState.LEAVING and not self._awaited:
            self.leave(RemoteUnavailable(self.service, "its host shuts down"))
            self._owner.left(self)

    def _flush(self) -> None:
        if self._lot is not None:
            self.close_lot()
        self._flushing = self._owner.crowded = False
        now = self.now()
        outgoing = self._wire.outgoing(now, now - self._unsent_since)
        for iid, data in outgoing:
            self._send(iid, data)
        if outgoing:
            self._push()
        self._tell()  # what was refused
        if self._wire.pressed:
            self._changed()
        if self.over:
            self._tick_at.close()
        elif (due := self._wire.next_tick()) < self._tick_at.due:
            self._tick_at.set(due)

    def _tick(self) -> None:
        self._wire.tick(self.now())
        self._changed()

    def _late(self) -> None:
        """Some caller has waited long enough."""
        live = self.proven()
        for call in self._awaited.late(self.now()):
            if live and self._wire.unsent(call.id):  # it waited for its turn in vain (D27)
                call.refuse(refusal(RETRY_AFTER))
            else:
                call.fail(call.ask.late(may_have_run=not self._unsent(call.id)))
            self.cancel(call)
        if self._awaited:
            self._late_at.rest(self._awaited.next_due(), len(self._awaited))

    def _apply(self, event: events.ClientEvent) -> None:
        match event:
            case events.Completed(ids, payloads, held):
                self._awaited.completed(ids, payloads, held)
            case events.Invalidated(ids, reason, True):
                self._awaited.invalidated(ids, reason)
            case events.Invalidated(ids, reason, False):
                for id in ids:
                    self._outdated(id, reason)
            case events.Unsent(id, may_have_run):
                self._again(id, may_have_run)
            case events.Consumed(id, credit):
                self._upload(id, credit)
            case events.Opened():
                if self._packing is not None and ZSTD in self._wire.packs:
                    self._send = _packed(self._packing.pack, self._send)
                self._owner.opened()
                self._proof.set()
            case events.Wrote(ids, marks):
                self._awaited.wrote(ids, marks)
                self._owner.wrote(self, marks)
            case events.Fenced(number, proven):
                self._fenced(number, proven)
            case events.Sources(services):
                self._owner.sourced(self, services)
            case events.Suspended():
                self._doubt()
                self._turns.tell()
            case events.Resumed():
                self._proof.set()
                self._turns.tell()
            case events.NoHost():
                self._owner.no_host(self)
            case events.Draining():
                self._drain()
            case events.Failed(id, code, message, data, _) if code == MOVED:
                call = self._undone(id)
                if call is not None:
                    self._owner.moved(call, Ending(code, message, data))
            case events.Gone(reason, unsent, sent, _):
                waiting = self._end(f"{self.service}: {reason}")
                never, perhaps = (
                    [waiting[id] for id in ids if id in waiting] for ids in (unsent, sent)
                )
                self._owner.gone(self, reason, never, perhaps)
            case _:
                self._awaited.hear(event)

    def _outdated(self, id: int, reason: str) -> None:
        call = self._awaited.calls.get(id)
        if call is not None:
            call.outdated(reason)
        self._again(id, may_have_run=True)

    def _upload(self, id: int, credit: int) -> None:
        """The body of a stream call reads what is sent with it, or begins to."""
        stream = self._awaited.streams.get(id)
        if stream is None:
            return
        if stream.upload is None:
            self._wire.end(id, NO_ITEMS)
        elif not stream.upload.begun:
            stream.upload.begin(self._senders.sender(id))
        elif credit > 0:
            self._senders.credited(id)

    def _again(self, id: int, may_have_run: bool = False) -> None:
        call = self._undone(id)
        if call is not None:
            self._owner.again(call, may_have_run=may_have_run)

    def _undone(self, id: int) -> Call | None:
        """A call that is to be made anew, or elsewhere: one that was made ahead is not."""
        call = self._awaited.pop(id)
        if isinstance(call, Ahead) and not call.wanted:
            call.give_up()
            return None
        return call

    def _drain(self) -> None:
        """The host finishes what it runs; everything else goes to another one (D22)."""
        again = self._machine.state is SessionState.LEAVING
        self._machine.feed("drain")
        if again:
            return
        self._owner.draining(self)
        self._give_up_ahead()
        for id in self._wire.recall():
            call = self._awaited.pop(id)
            if call is not None:
                call.session = None
                self._owner.again(call)
        error = RemoteUnavailable(self.service, "its host shuts down; start the stream anew")
        for stream in list(self._awaited.streams.values()):
            if stream.request.ask.single:
                continue
            self.cancel(stream)
            if stream.may_start_again:
                self._owner.again(stream)
            else:
                stream.fail(error)
        self._lose_held(f"{self.service}: its host shuts down")


def _packed(
    pack: Callable[[bytes], bytes], send: Callable[[str | None, bytes], None]
) -> Callable[[str | None, bytes], None]:
    return lambda iid, data: send(iid, pack(data))
