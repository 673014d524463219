"""`Responder`: the host end of one service: its subjects, its clients (D8, D17, D21, D22, D27)."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Callable, Collection, Iterable
from typing import Final

from ...errors import WireError
from ...identity import Asker
from ...primitives import clock, random_bits
from ...transport import Handler, Listener, Message, Outbound, Subscription, Transport
from ...wire.admission import Admission, rejection
from ...wire.envelopes import ClientEnvelope, decode_client_envelope
from ...wire.frames import Hello
from ...wire.host import HostSession
from ...wire.limits import Limits, Quota, Timing
from ...wire.packing import Packing, forms_of, unpacking
from ..subjects import TOKEN, Subjects
from .accounts import Accounts
from .behind import Reflect, Reflecting
from .clients import Clients
from .contexts import Contexts
from .gate import Gate
from .greeted import Greeted
from .pool import Pool
from .read_your_writes import Outlet
from .servant import Servant
from .session import Session
from .statistics import ResponderStatistics
from .streams import OpenStreams
from .unheard import Unheard

__all__ = ["Responder"]

PARTING: Final = 1.0
"""Seconds without a running call in which the clients of a host that drains move to another."""
LOOK: Final = 0.1
"""Seconds from one look at all sessions, for some that have expired, to the next: whoever is
refused may say hello as often as it likes."""
STOPPING: Final = 1.0
"""Seconds in which bodies end that were cancelled; they are not waited for any longer."""


class Responder(Listener):
    """Receives the calls of every client of a service and sends what the servant answers.

    They come over a transport, once it is `open` or makes an `offer`; or whoever has them says what
    was `heard`.

    outbound: takes what is sent.
    confidants: principals that are told in full why results are invalidated (D28).
    packing: makes large messages smaller, and large again. clients: learns who has sessions.
    quota: of each principal.
    reflect: waits until what is served reflects what a client has changed elsewhere (D15).
    """

    def __init__(
        self,
        service: str,
        iid: str,
        servant: Servant,
        outbound: Outbound,
        outlet: Outlet,
        *,
        subjects: Subjects,
        timing: Timing,
        confidants: Collection[str],
        packing: Packing | None = None,
        clients: Clients | None = None,
        asker: Callable[[str, str], Asker] = Asker,
        quota: Quota = Quota(),  # noqa: B008 - immutable
        checks: Iterable[Callable[[], None]] = (),
        reflect: Reflect = lambda marks, hops, computing: Reflecting((), ()),
    ) -> None:
        """checks: are called before each message is acted on. asker: tells who a client is, by its
        principal and id (W1).
        """
        self.service = service
        self._dropped = 0
        self._iid = iid
        self._servant = servant
        self._outbound = outbound
        self._transport: Transport | None = None
        self._outlet = outlet
        self._subjects = subjects
        self._timing = timing
        self._confidants = confidants
        self._checks = tuple(checks)
        self._reflect = reflect
        self._sources: tuple[str, ...] = ()
        self._packing = packing
        self._clients = clients
        self._decode = unpacking(packing, decode_client_envelope)
        self._limits = Limits(max_bytes=outbound.max_payload)
        self._now = clock()
        self._loop = asyncio.get_running_loop()
        key = random_bits(256).to_bytes(32, "big")
        self._admission = Admission(
            iid, key, self._has_room, self._now(), timing, forms_of(packing)
        )
        self._left = asyncio.Event()
        self._draining = False
        self._drained = False
        self._greeted = Greeted()
        self._sessions: dict[tuple[str, str, int], Session] = {}
        self._asker = asker
        self._accounts = Accounts(quota)
        self._gate = Gate(self._limits.under_way)
        self._streams = OpenStreams(self._limits.streams)
        self._unheard = Unheard(service)
        self._parted: list[Session] = []
        """Sessions that are over, while one-way calls of theirs go on."""
        # A transport's handler may run in the context of whoever published the message.
        self._contexts = Contexts(contextvars.copy_context())
        self._pool = Pool(self._gate, self._contexts, outlet.call_soon, outlet.send)
        self._subscriptions: list[Subscription] = []
        self._look_again = self._now()
        self._answered = subjects.client
        self._offered = False
        self._expiry: asyncio.TimerHandle | None = None

    async def open(self, transport: Transport) -> list[Subscription]:
        """Begin to answer what comes over this, by these subscriptions; it takes the answers."""
        self._transport = transport
        host = self._subjects.host(self.service, self._iid)
        hosts = self._subjects.hosts(self.service)
        self._subscriptions.append(await transport.subscribe(host, self._received))
        self._subscriptions.append(await transport.subscribe(hosts, self._received, queue="hosts"))
        transport.add_listener(self)
        return list(self._subscriptions)

    async def listen(self, shard: int) -> Subscription:
        """Answer those who look for the owner of a shard (D20); it is `open`."""
        assert self._transport is not None
        subject = self._subjects.shard(self.service, shard)
        subscription = await self._transport.subscribe(subject, self._received)
        await self._transport.flush(subscription)
        return subscription

    def offer(
        self, transport: Transport, listen: Callable[[str, Handler], Callable[[], None]]
    ) -> Callable[[], None]:
        """Begin to answer hosts of which this process is a client, and nobody else.

        listen: lets what they say to this service come here, until it is told not to.
        """
        self._transport = transport
        transport.add_listener(self)
        self._answered = self._subjects.returned
        self._offered = True
        return listen(self.service, self._received)

    async def drain(self) -> None:
        """Take no new client, ask the others to move, return when they did (D22).

        Each finishes what it runs here first; one that is silent is not waited for. Of one that was
        just welcomed the first calls may be under way, and would be lost.
        """
        self._draining = True
        if self._subscriptions:
            await self._subscriptions.pop().unsubscribe()
        for session in self._sessions.values():
            session.wire.farewell()
            session.changed()
        await self._all_moved()
        end = self._now() + PARTING
        while (left := self._greeted.expected(now := self._now())) > 0.0 and now < end:
            await asyncio.sleep(left)
            await self._all_moved()
        self._drained = True

    async def _all_moved(self) -> None:
        while self._sessions or self._running() or self._gate.lines:
            if running := self._running():
                await asyncio.wait(running)
                continue
            self._left.clear()
            try:
                async with asyncio.timeout(PARTING):
                    await self._left.wait()
            except TimeoutError:
                if not self._running() and not self._gate.lines:
                    return

    async def close(self) -> None:
        """Answer nothing any more; clients that are still here learn that at once."""
        if self._transport is not None:
            self._transport.remove_listener(self)
        for subscription in self._subscriptions:
            await subscription.unsubscribe()
        running = self._running()
        for session in self._parted:
            session.stop()
        for session in self._sessions.values():
            self._dismiss(session, "the host was closed")
            self._accounts.forget(session)
        self._sessions.clear()
        if self._expiry is not None:
            self._expiry.cancel()
        if running:
            await asyncio.wait(running, timeout=STOPPING)

    def dismiss(self, principal: str, reason: str) -> None:
        """End the sessions of a principal; its clients learn that at once."""
        for name, session in list(self._sessions.items()):
            if session.wire.principal == principal:
                self._dismiss(session, reason)
                self._forget(name)

    def forget(self, clients: Collection[tuple[str, str]], reason: str) -> None:
        """End the sessions of clients, by principal and id, who are known to be gone."""
        for name, session in list(self._sessions.items()):
            if (session.wire.principal, session.wire.cid) in clients:
                session.close(reason, finish=True)
                self._forget(name)

    def _dismiss(self, session: Session, reason: str) -> None:
        self._outlet.flush(session)
        session.close(reason)
        wire = session.wire
        farewell = rejection(self._iid, wire.gen, reason, wire.proof)
        self._outbound.publish(session.reply_subject, farewell)

    def sources(self, services: Collection[str]) -> None:
        """What is served may be made from results of these services, which other hosts serve, too
        (D15).
        """
        self._sources = tuple(sorted(services))
        for session in self._sessions.values():
            session.wire.sources(self._sources)
            session.changed()

    def statistics(self) -> ResponderStatistics:
        """Its clients, and what runs for them."""
        return ResponderStatistics(
            sessions=tuple(session.statistics() for session in self._sessions.values()),
            principals=self._accounts.statistics(),
            gate=self._gate.statistics(),
            streams=len(self._streams),
            unheard=self._unheard.count,
            dropped=self._dropped,
            forged=self._admission.forged,
        )

    def _running(self) -> set[asyncio.Task[None]]:
        self._parted = [session for session in self._parted if session.busy]
        sessions = (*self._sessions.values(), *self._parted)
        return {task for session in sessions for task in session.running}

    def _forget(self, name: tuple[str, str, int]) -> None:
        """A session is over."""
        session = self._sessions.pop(name)
        self._accounts.forget(session)
        self._parted = [each for each in self._parted if each.busy]
        if self._clients is not None:
            self._clients.left(session.wire.principal, session.wire.cid)
        if session.busy:
            self._parted.append(session)
        self._left.set()

    def reconnected(self) -> None:
        for session in self._sessions.values():
            session.wire.announce()
            session.changed()

    def _received(self, message: Message) -> None:
        for check in self._checks:
            check()
        try:
            envelope = self._decode(message.payload)
        except WireError:
            self._dropped += 1
        else:
            self.heard(envelope)

    def heard(self, envelope: ClientEnvelope) -> None:
        """What a client said."""
        now = self._now()
        name = envelope.cid, envelope.principal, envelope.gen
        session = self._sessions.get(name)
        if session is None or not session.wire.proven(envelope):
            session = self._admitted(envelope, now)
        if session is not None and not session.receive(envelope, now):
            self._forget(name)

    def _admitted(self, envelope: ClientEnvelope, now: float) -> Session | None:
        """A new session, if the client has proven that it was welcomed, and there is room."""
        if not TOKEN.fullmatch(envelope.cid) or not TOKEN.fullmatch(envelope.principal):
            self._dropped += 1  # its answers would go to another subject
            return None
        alone = self._drained or (self._draining and self._transport is None)
        if alone and not envelope.proof:
            return None  # it says hello again, to another host
        reply_subject = self._answered(envelope.principal, envelope.cid, self.service)
        answer = self._admission.greet(envelope, now)
        if answer is None and (envelope.cid, envelope.principal, envelope.gen) in self._sessions:
            self._dropped += 1  # it was welcomed twice: one of them it took, this is the other
            return None
        if answer is None and self._draining and self._offered:  # nobody else would take it
            reason = "the client is leaving"
            answer = rejection(self._iid, envelope.gen, reason, envelope.proof)
        if answer is None:
            return self._opened(envelope, reply_subject, now)
        if answer:
            if any(isinstance(frame, Hello) and not frame.opened for frame in envelope.frames):
                self._greeted.add((envelope.cid, envelope.principal, envelope.gen), now)
            self._outbound.publish(reply_subject, answer)
        return None

    def _opened(self, envelope: ClientEnvelope, reply_subject: str, now: float) -> Session:
        wire = HostSession(
            iid=self._iid,
            cid=envelope.cid,
            principal=envelope.principal,
            gen=envelope.gen,
            proof=envelope.proof,
            now=now,
            timing=self._timing,
            limits=self._limits,
        )
        self._admission.opened(envelope, now)
        name = envelope.cid, envelope.principal, envelope.gen
        self._greeted.came(name)
        session = self._sessions[name] = Session(
            wire,
            self._servant,
            reply_subject,
            gate=self._gate,
            pool=self._pool,
            streams=self._streams,
            unheard=self._unheard,
            packing=self._packing,
            account=self._accounts.of(envelope.principal),
            asker=self._asker(envelope.principal, envelope.cid),
            quota=self._limits.held,
            confides=envelope.principal in self._confidants,
            contexts=self._contexts,
            outlet=self._outlet,
            reflect=self._reflect,
        )
        wire.sources(self._sources)
        if self._clients is not None:
            self._clients.came(wire.principal, wire.cid)
        if self._draining:
            wire.farewell()
        if self._expiry is None:
            self._expire()
        return session

    def _has_room(self, principal: str) -> bool:
        """For one more session of a principal; those that have expired make room at once."""
        now = self._now()
        if not self._is_roomy(principal) and now >= self._look_again:
            self._look_again = now + LOOK
            self._forget_silent()
        return self._is_roomy(principal)

    def _is_roomy(self, principal: str) -> bool:
        roomy = len(self._sessions) < self._limits.sessions
        return roomy and self._accounts.has_room(principal)

    def _expire(self) -> None:
        """Forget the clients that were silent for too long, now and when the next one is."""
        self._forget_silent()
        self._expiry = None
        if self._sessions:
            due = min(session.wire.expires() for session in self._sessions.values())
            self._expiry = self._loop.call_later(max(0.1, due - self._now()), self._expire)

    def _forget_silent(self) -> None:
        """Forget the clients that were silent for too long (D17)."""
        now = self._now()
        for name, session in list(self._sessions.items()):
            if session.wire.expired(now):
                session.close("the client was silent", finish=True)
                self._forget(name)
