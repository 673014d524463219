"""`Peer`: this process's way to a service: a session, the next when a host is gone (D9, D13)."""

from __future__ import annotations

import asyncio
import contextvars
import math
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from typing import Any, Final, TypedDict

from ...errors import (
    BrokerUnavailable,
    FusionError,
    NotPermitted,
    OutcomeUnknown,
    RemoteUnavailable,
    WireError,
)
from ...identity import Asker
from ...primitives import background, clock, random_bits
from ...transport import Message, Transport
from ...wire.batch import call_size, overhead
from ...wire.client import ClientSession
from ...wire.envelopes import HostEnvelope, decode_host_envelope
from ...wire.frames import Ending, Kind, Mark
from ...wire.limits import Limits, Timing
from ...wire.packing import Packing, forms_of, unpacking
from ...wire.refusals import refusal
from ...wire.runs import Headers, Request
from ..deadlines import Deadlines, TimeLimit
from ..subjects import Place
from .answer import Ask, Pending, in_doubt
from .lots import Lot
from .outage import Outage
from .owner import Call
from .registration import Registration
from .session import Session
from .statistics import PeerStatistics
from .stream import Incoming
from .upload import Upload
from .writes import Writes

__all__ = ["Options", "Peer"]

PATIENCE: Final = 2.0
"""Seconds without any host, after which the calls that wait for one fail."""
HOSTS_LOST: Final = 3
"""A call is not made again after so many hosts were lost while they ran it."""

CLOSED: Final = "this client's host was closed"
"""Why its calls fail when it leaves."""
UNHEARD: Final = 1000
"""One-way calls that may be on their way to the broker."""


class Options(TypedDict):
    """What the ways of one process to all services have in common."""

    cid: str
    principal: str
    timing: Timing
    outage: Outage
    packing: Packing | None
    writes: Writes


class Peer:
    """Makes calls to one service. What was sent to a host that is lost goes to another one, if it
    may run twice; while a host shuts down there are two sessions for a time (D22).
    """

    def __init__(
        self,
        service: str,
        transport: Transport,
        place: Place,
        *,
        cid: str,
        principal: str,
        timing: Timing,
        outage: Outage,
        writes: Writes,
        packing: Packing | None,
    ) -> None:
        self.service = service
        self.asker: Final = Asker(principal, cid)
        """As whom its hosts know this process (W1)."""
        self.writes: Final = writes
        self._transport = transport
        self._place: Final = place
        self._cid = cid
        self._principal: Final = principal
        self._timing = timing
        self._outage = outage
        self._packing = packing
        self._decode = unpacking(packing, decode_host_envelope)
        self._limits = Limits(max_bytes=transport.max_payload)
        self._reads: Deadlines[TimeLimit] = Deadlines(TimeLimit.expire)
        self._loop = asyncio.get_running_loop()
        self._now = clock()
        self._session: Session | None = None
        self.lot: Lot | None = None
        """What the next call may join, if that is made as those in it."""
        self.crowded = False
        """Whether a call was made in this turn: most come alone, others may join the next one."""
        self._sessions: dict[int, Session] = {}
        self._no_host_since = math.inf
        self._told = 0
        self._taking: asyncio.Task[None] | None = None
        self._closed: FusionError | None = None
        self.refusals = 0
        """Reads that were refused before there was a call."""

    @property
    def principal(self) -> str:
        """Who this process is."""
        return self._principal

    # -- calls --

    def ask(
        self,
        ask: Ask,
        arguments: bytes,
        operation: str = "",
        registration: Registration | None = None,
    ) -> Pending:
        """Make a call, and await its `answer`; with a registration, the result stays registered,
        and whoever reads it asked for a `refusal`, and has a time limit of its own.

        Its errors are those of `call`, as the ask makes them. Whoever leaves before there is an
        answer says `give_up`.
        """
        session = self._session
        deadline = self._now() + ask.timeout
        due = deadline if registration is None else math.inf
        answer: asyncio.Future[Any] = asyncio.Future(loop=self._loop)
        pending = Pending(ask, arguments, deadline, operation, answer, due, registration)
        if registration is None and (session is None or session.room <= 0):
            refused = self.refusal(ask.timeout)
            if refused is not None:
                self._fail_soon(partial(pending.fail, ask.error(refused)))
                return pending
        if session is None or self._outage.declared:
            self._send(pending)
        else:
            session.ask(pending)
        return pending

    def open_lot(self, ask: Ask) -> Lot | None:
        """What the next calls that are made so in this turn may join: it takes one at least. None:
        see `ask`.
        """
        session = self._session
        if session is None or self._outage.declared:
            return None
        self.lot = session.open_lot(ask)
        return self.lot

    async def call(self, request: Request, registration: Registration | None = None) -> Any:
        """The result of a call that waits as long as it takes; see `ask`.

        Raises:
            Failed: the host answered with a failure, or the call is refused here (D27).
            RemoteUnavailable: no host of the service, or not even the broker, can be reached.
            OutcomeUnknown: the host of a call that runs at most once was lost (D13).
        """
        ask = request.ask
        assert isinstance(ask, Ask)
        answer = self._loop.create_future()
        pending = Pending(ask, *request[1:], answer, registration=registration)
        refused = self.refusal(ask.timeout)
        if refused is not None:
            self._fail_soon(partial(pending.fail, ask.error(refused)))
        else:
            self._send(pending)
        try:
            return await answer
        except (asyncio.CancelledError, GeneratorExit):
            pending.give_up()
            raise

    def carries(self, arguments: bytes, operation: str, headers: Headers) -> bool:
        """Whether a call that has headers fits into a message; one that has none is looked at when
        it is made.
        """
        envelope = overhead(self._cid, self._principal)
        return envelope + call_size(arguments, operation, headers) <= self._limits.max_bytes

    async def keep_pace(self) -> None:
        """A one-way call was sent, of which nothing is heard: after so many of them, return when
        the broker has them.
        """
        self._told += 1
        if self._taking is None and self._told >= UNHEARD:
            self._taking = background(self._take(), "fusion one-way calls")
        if self._taking is not None:
            await asyncio.wait({self._taking})

    async def _take(self) -> None:
        try:
            # What was sent is lost; others tell of the outage.
            with suppress(BrokerUnavailable):
                await self._transport.flush()
        finally:
            self._told, self._taking = 0, None

    def stream(self, request: Request, upload: Upload | None = None) -> Incoming:
        """Start a stream. upload: what is sent with it."""
        incoming = Incoming(request, upload)
        self._send(incoming)
        return incoming

    def limit(self, seconds: float) -> TimeLimit:
        """A time limit for a read, that many share a timer for; see `TimeLimit`."""
        return TimeLimit(self._reads, seconds)

    def refusal(self, left: float) -> Ending | None:
        """Why a call is refused that has so many seconds; None if it can be served (D27).

        In an outage there is a better reason to fail.
        """
        if self._session is None or self._outage.declared:
            return None
        seconds = self._session.refuses(left)
        return refusal(seconds) if seconds else None

    def why_silent(self) -> RemoteUnavailable | None:
        """Why a call had no answer, if that is known: the connection is lost."""
        return self._outage.error(self.service) if self._outage.broker else None

    def _fail_soon(self, fail: Callable[[], None]) -> None:
        """A call fails for what is known already, when the loop has had its turn: whoever tries
        again at once would keep it from all that could help.
        """
        self._loop.call_soon(fail, context=contextvars.Context())

    def _send(self, call: Call) -> None:
        if self._closed is not None:
            self._fail_soon(partial(call.fail, self._closed))
            return
        if self._outage.declared:
            self._fail_soon(partial(call.fail, self._outage.error(self.service)))
            return
        session = self._session_for(call)
        if session is None:
            return
        if isinstance(call, Pending):
            session.ask(call)
        else:
            session.stream(call)

    def _session_for(self, call: Call) -> Session | None:
        """Where to make a call; None: it waits until that is known."""
        if self._session is None:
            self._session = self._open()
        return self._session

    def _open(self, send: Callable[[str | None, bytes], None] | None = None) -> Session:
        gen = random_bits(52)
        wire = ClientSession(
            cid=self._cid,
            principal=self._principal,
            gen=gen,
            now=self._now(),
            timing=self._timing,
            limits=self._limits,
            unpacks=forms_of(self._packing),
        )
        session = self._sessions[gen] = Session(
            self.service,
            wire,
            self,
            send or self._publish,
            self._transport.push,
            self._outage,
            self._packing,
        )
        self.writes.opened(session)
        return session

    def _publish(self, iid: str | None, data: bytes) -> None:
        place = self._place
        subject = place.found if iid is None else place.host(iid)
        self._transport.publish(subject, data, place.answered, held=True)

    def close(self, reason: str = CLOSED) -> None:
        """Leave: the hosts forget what they hold for this client; every call fails."""
        self._closed = RemoteUnavailable(self.service, reason)
        for session in self._forget_all():
            session.leave(self._closed)
        self._reads.close()

    def pending(self) -> Iterator[Pending]:
        """Calls without an answer."""
        for session in list(self._sessions.values()):
            yield from session.pending()

    def statistics(self) -> PeerStatistics:
        """Its sessions, and what waits for answers."""
        sessions = tuple(session.statistics() for session in self._sessions.values())
        return PeerStatistics(sessions, self._no_host_since < math.inf, self.refusals)

    # -- what the transport says --

    def received(self, message: Message) -> None:
        """A message to this client and service."""
        if message.no_responders is not None:
            self._nobody_listens(message.no_responders)
            return
        try:
            envelope = self._decode(message.payload)
        except WireError:
            self.gap()
        else:
            self.heard(envelope)

    def heard(self, envelope: HostEnvelope) -> None:
        """What a host said."""
        session = self._sessions.get(envelope.gen)
        if session is not None:
            session.received(envelope)
        else:
            self._stranger(envelope)

    def _stranger(self, envelope: HostEnvelope) -> None:
        """A message of no session."""

    def _nobody_listens(self, subject: str) -> None:
        place = self._place
        if subject == place.found and self._session is not None and self._session.iid is None:
            self._session.nobody_listens(at_host=False)
        for session in list(self._sessions.values()):
            if session.iid and subject == place.host(session.iid):
                session.nobody_listens(at_host=True)

    def refused(self, error: NotPermitted, deaf: bool) -> None:
        """The broker does not permit something: no call of this service can be made, if it is this
        way to it, or all that answers (deaf): those that wait fail at once (D30).
        """
        hosts, host = self._place.found, self._place.host("")
        way = f"{error.subject}.".lower().startswith((f"{hosts}.".lower(), host.lower()))
        if deaf or (error.action == "publish" and way):
            for session in self._forget_all():
                session.leave(error)

    def disconnected(self) -> None:
        """The connection is lost, for a moment or for long."""
        for session in list(self._sessions.values()):
            session.disconnected()

    def cut_off(self) -> None:
        """The outage is declared (D26)."""
        for session in list(self._sessions.values()):
            session.cut_off()

    def forgotten(self) -> None:
        """The outage has lasted for so long that no host knows this client any more (D8)."""
        for session in list(self._sessions.values()):
            session.forgotten()

    def reconnected(self) -> None:
        """The connection was lost, and is back (D10)."""
        for session in list(self._sessions.values()):
            session.reconnected()

    def gap(self) -> None:
        """Messages to this client were dropped (D11)."""
        for session in list(self._sessions.values()):
            session.gap()

    # -- what the sessions say --

    def opened(self) -> None:
        self._no_host_since = math.inf

    def again(self, call: Call, *, may_have_run: bool = False) -> None:
        session, ask = call.session, call.request.ask
        call.doubtful |= may_have_run
        command = call.request.operation != ""
        if not command or session is None or session.over:
            once = (ask.kind is Kind.PLAIN or ask.single) and not (command or ask.repeats)
            if may_have_run and once:
                call.fail(OutcomeUnknown(self.service, "its host forgot what the call came to"))
                return
            self._send(call)
        elif isinstance(call, Pending):  # only there it runs at most once (D13)
            session.ask(call)
        else:
            session.stream(call)

    def moved(self, call: Call, failure: Ending) -> None:
        if isinstance(call, Pending):
            call.refuse(failure)
        else:
            call.ended(failure)

    def no_host(self, session: Session) -> None:
        self._no_host_since = min(self._no_host_since, self._now())
        if self._now() - self._no_host_since >= PATIENCE:
            problem = "no host serves it; start one that does (`fusiongen run MODULE:ATTR`)"
            if not self._place.spoken:
                problem = "the client is gone, or does not offer it"
            self._forget(session)
            session.leave(RemoteUnavailable(self.service, problem))

    def wrote(self, session: Session, marks: tuple[Mark, ...]) -> None:
        self.writes.wrote(session, marks)

    def sourced(self, session: Session, services: tuple[str, ...]) -> None:
        self.writes.sourced(session, services)

    def draining(self, session: Session) -> None:
        if session is self._session:
            self._session = None

    def left(self, session: Session) -> None:
        self._forget(session)

    def gone(self, session: Session, reason: str, unsent: list[Call], sent: list[Call]) -> None:
        self._forget(session)
        if session.iid is None:  # refused: the next one would be, too
            for call in unsent:
                call.fail(RemoteUnavailable(self.service, reason))
            return
        for call in unsent:
            self._send(call)
        for call in sent:
            self._host_lost(call, reason)

    def _host_lost(self, call: Call, reason: str) -> None:
        """The host is gone that may have run this: what may run twice is asked of another."""
        ask = call.request.ask
        if not call.may_start_again:
            streams = ask.kind is Kind.STREAM and not ask.single
            problem = f"{reason}; start the stream anew" if streams else reason
            call.fail(in_doubt(ask, RemoteUnavailable(self.service, problem)))
            return
        call.lost += 1
        call.doubtful = True
        if call.lost >= HOSTS_LOST:
            problem = f"{reason}, and so it was with {HOSTS_LOST} hosts that ran this call"
            call.fail(RemoteUnavailable(self.service, problem))
        else:
            self._send(call)

    def _forget(self, session: Session) -> None:
        self.writes.ended(session)
        if session is self._session:
            self._session = None
        self._sessions = {gen: s for gen, s in self._sessions.items() if s is not session}

    def _forget_all(self) -> list[Session]:
        sessions, self._sessions = self._sessions, {}
        self._session = None
        for session in sessions.values():
            self.writes.ended(session)
        return list(sessions.values())
