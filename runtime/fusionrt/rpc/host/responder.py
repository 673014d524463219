"""`Responder`: the host end of one service: its subjects, and a seat for each client's session."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Collection
from typing import Final

from ...errors import WireError
from ...primitives import clock
from ...transport import Listener, Message, Subscription, Transport
from ...wire.admission import FULL, greet, rejection
from ...wire.envelopes import decode_client_envelope
from ...wire.host import HostSession
from ...wire.limits import Limits, Timing
from ..subjects import TOKEN, Subjects
from .gate import Gate
from .open_streams import OpenStreams
from .outlet import Outlet
from .servant import Servant
from .session import Seat

__all__ = ["Responder"]

PARTING: Final = 1.0
"""Seconds without a running call in which the clients of a host that drains move to another."""
STOPPING: Final = 1.0
"""Seconds in which bodies end that were cancelled; they are not waited for any longer."""


class Responder(Listener):
    """Receives the calls of every client of a service and sends what the servant answers.

    dropped: messages that were no envelopes (D21).
    confidants: principals that are told in full why results are invalidated (D28).
    """

    def __init__(
        self,
        service: str,
        iid: str,
        servant: Servant,
        transport: Transport,
        outlet: Outlet,
        *,
        subjects: Subjects,
        timing: Timing,
        confidants: Collection[str],
    ) -> None:
        self.service = service
        self.dropped = 0
        self._iid = iid
        self._servant = servant
        self._transport = transport
        self._outlet = outlet
        self._subjects = subjects
        self._timing = timing
        self._confidants = confidants
        self._limits = Limits(max_bytes=transport.max_payload)
        self._now = clock()
        self._loop = asyncio.get_running_loop()
        self._left = asyncio.Event()
        self._draining = False
        self._seats: dict[tuple[str, int], Seat] = {}
        self._gate = Gate(self._limits.under_way)
        self._streams = OpenStreams(self._limits.streams)
        # A transport's handler may run in the context of whoever published the message.
        self._context = contextvars.copy_context()
        self._subscriptions: list[Subscription] = []
        self._expiry: asyncio.TimerHandle | None = None

    async def open(self) -> None:
        """Begin to answer."""
        host = self._subjects.host(self.service, self._iid)
        hosts = self._subjects.hosts(self.service)
        self._subscriptions.append(await self._transport.subscribe(host, self._received))
        self._subscriptions.append(
            await self._transport.subscribe(hosts, self._received, queue="hosts")
        )
        self._transport.add_listener(self)

    async def drain(self) -> None:
        """Take no new client, ask the others to move, return when they did (D22).

        Each finishes what it runs here first; one that is silent is not waited for.
        """
        self._draining = True
        await self._subscriptions.pop().unsubscribe()
        for seat in self._seats.values():
            seat.session.farewell()
            seat.changed()
        while self._seats:
            if running := self._running():
                await asyncio.wait(running)
                continue
            self._left.clear()
            try:
                async with asyncio.timeout(PARTING):
                    await self._left.wait()
            except TimeoutError:
                if not self._running():
                    return

    async def close(self) -> None:
        """Answer nothing any more; clients that are still here learn that at once."""
        self._transport.remove_listener(self)
        for subscription in self._subscriptions:
            await subscription.unsubscribe()
        running = self._running()
        for seat in self._seats.values():
            self._outlet.flush(seat)
            seat.close("the host was closed")
            farewell = rejection(self._iid, seat.session.gen, "the host was closed")
            self._transport.publish(seat.reply_subject, farewell)
        self._seats.clear()
        if self._expiry is not None:
            self._expiry.cancel()
        if running:
            await asyncio.wait(running, timeout=STOPPING)

    def _running(self) -> set[asyncio.Task[None]]:
        return {task for seat in self._seats.values() for task in seat.running}

    def reconnected(self) -> None:
        for seat in self._seats.values():
            seat.session.announce()
            seat.changed()

    def _received(self, message: Message) -> None:
        try:
            envelope = decode_client_envelope(message.payload)
        except WireError:
            self.dropped += 1
            return
        if not TOKEN.fullmatch(envelope.cid) or not TOKEN.fullmatch(envelope.principal):
            self.dropped += 1  # its answers would go to another subject
            return
        now = self._now()
        name = envelope.cid, envelope.gen
        seat = self._seats.get(name)
        if seat is None:
            reply_subject = self._subjects.client(envelope.principal, envelope.cid, self.service)
            answer = greet(envelope, self._iid)
            if answer is not None:
                if answer:
                    self._transport.publish(reply_subject, answer)
                return
            if not self._has_room():
                self._transport.publish(reply_subject, rejection(self._iid, envelope.gen, FULL))
                return
            session = HostSession(
                iid=self._iid,
                cid=envelope.cid,
                principal=envelope.principal,
                gen=envelope.gen,
                now=now,
                timing=self._timing,
                limits=self._limits,
            )
            seat = self._seats[name] = Seat(
                session,
                self._servant,
                reply_subject,
                gate=self._gate,
                streams=self._streams,
                quota=self._limits.held,
                confides=envelope.principal in self._confidants,
                context=self._context,
                outlet=self._outlet,
            )
            if self._draining:
                session.farewell()
            if self._expiry is None:
                self._expire()
        if not seat.receive(envelope, now):
            del self._seats[name]
            self._left.set()

    def _has_room(self) -> bool:
        """For one more session; those that have expired make room at once."""
        if len(self._seats) >= self._limits.sessions:
            self._forget_silent()
        return len(self._seats) < self._limits.sessions

    def _expire(self) -> None:
        """Forget the clients that were silent for too long, now and when the next one is."""
        self._forget_silent()
        self._expiry = None
        if self._seats:
            due = min(seat.session.expires() for seat in self._seats.values())
            self._expiry = self._loop.call_later(max(0.1, due - self._now()), self._expire)

    def _forget_silent(self) -> None:
        """Forget the clients that were silent for too long (D17)."""
        now = self._now()
        for name, seat in list(self._seats.items()):
            if seat.session.expired(now):
                seat.close("the client was silent")
                del self._seats[name]
                self._left.set()
