"""`Caller`: the client end of a process: one subscription (D4), a peer for each service."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Final

from ...errors import InvalidSubject, NotPermitted, WireError
from ...primitives import new_id
from ...transport import Handler, Listener, Message, Subscription, Transport
from ...wire.admission import rejection
from ...wire.envelopes import decode_client_envelope
from ...wire.limits import Timing
from ...wire.packing import Packing
from ..loose import Loose
from ..subjects import ANONYMOUS, TOKEN, Place, Subjects
from .answer import Pending
from .outage import OUTAGE_GRACE, Outage
from .peer import Options, Peer
from .reached import Reached
from .shards import ShardPeer
from .statistics import CallerStatistics
from .writes import Writes

__all__ = ["Caller"]


class Caller(Listener):
    """Hands what comes to the peers.

    Results, invalidations and acknowledgements of all services come by one subscription, because
    only that gives them one order.

    outage_grace: seconds that the connection may be lost before that is taken for an outage (D26).
    loose: what commands have changed that no client is told of as its own (D15).
    packing: makes large messages smaller, and large again.

    Raises:
        InvalidSubject: the principal is no word of letters, digits, `_` and `-`.
    """

    def __init__(
        self,
        transport: Transport,
        *,
        subjects: Subjects = Subjects(),  # noqa: B008 - immutable
        principal: str = ANONYMOUS,
        timing: Timing = Timing(),  # noqa: B008 - immutable
        outage_grace: float = OUTAGE_GRACE,
        loose: Loose | None = None,
        packing: Packing | None = None,
    ) -> None:
        if not TOKEN.fullmatch(principal):
            raise InvalidSubject(principal)
        self.cid: Final = new_id()
        self._transport = transport
        self._subjects = subjects
        self._principal = principal
        self._timing = timing
        self.writes: Final = Writes(loose or Loose())
        self._packing = packing
        self._peers: dict[str, Peer] = {}
        self._reached: dict[str, Reached] = {}
        self._handlers: dict[str, Handler] = {}
        """Who takes what comes, by its subject."""
        self._outage = Outage(outage_grace, self._cut_off, timing.session, self._forgotten)
        self._subscription: Subscription | None = None

    async def open(self) -> Subscription:
        """Begin to listen, by this subscription; call it once, before the first `peer`."""
        subject = self._subjects.client(self._principal, self.cid, ">")
        self._subscription = await self._transport.subscribe(subject, self._received)
        self._transport.add_listener(self)
        return self._subscription

    def peer(self, service: str) -> Peer:
        """The way to a service; no message is sent before its first call."""
        peer = self._peers.get(service)
        if peer is None:
            peer = Peer(service, self._transport, self._place(service), **self._options())
            self._meet(peer)
        return peer

    def shard_peer(self, service: str) -> ShardPeer:
        """The way to a service that is sharded."""
        peer = self._peers.get(service)
        if isinstance(peer, ShardPeer):
            return peer
        if peer is not None:  # it was asked what the service is like
            peer.close()
        place, subjects = self._place(service), self._subjects
        peer = ShardPeer(service, self._transport, place, subjects=subjects, **self._options())
        self._meet(peer)
        return peer

    def reach(self, service: str, client: tuple[str, str]) -> Peer:
        """The way to one client of this process's host, by its principal and id."""
        place = self._subjects.back(service, client, self._principal, self.cid)
        if service not in self._reached:
            self._reached[service] = reached = Reached(self._packing)
            self._handlers[place.answered] = reached.received
        return self._reached[service].peer(
            client[1], place, lambda place: Peer(service, self._transport, place, **self._options())
        )

    def left(self, principal: str, cid: str) -> None:
        """A client has no session with this process's host any more."""
        for reached in self._reached.values():
            reached.left(cid, "the client has left")

    def offer(self, service: str, received: Handler) -> Callable[[], None]:
        """Let hosts call what this process offers to them, until the returned function is called.

        received: takes what they say.
        """
        subject = self._subjects.offered(self._principal, self.cid, service)
        self._handlers[subject] = received
        return lambda: self._handlers.pop(subject, None) and None

    def pending(self) -> Iterator[Pending]:
        """Calls without an answer, of all services."""
        for peer in list(self._peers.values()):
            yield from peer.pending()

    def _place(self, service: str) -> Place:
        return self._subjects.place(service, self._principal, self.cid)

    def _meet(self, peer: Peer) -> None:
        self._peers[peer.service] = peer
        self._handlers[self._place(peer.service).answered] = peer.received

    def _options(self) -> Options:
        return {
            "cid": self.cid,
            "principal": self._principal,
            "timing": self._timing,
            "outage": self._outage,
            "packing": self._packing,
            "writes": self.writes,
        }

    def _all(self) -> list[Peer]:
        reached = [peer for each in self._reached.values() for peer in each.peers()]
        return [*self._peers.values(), *reached]

    def statistics(self) -> CallerStatistics:
        """The services that it calls, and whether there is a broker."""
        peers = {service: peer.statistics() for service, peer in self._peers.items()}
        return CallerStatistics(self.cid, self._outage.broker, peers)

    async def close(self) -> None:
        """Leave every session, so that the hosts need not wait for it to lapse."""
        self._outage.end()
        for peer in self._all():
            peer.close()
        if self._subscription is not None:
            self._transport.remove_listener(self)
            await self._subscription.unsubscribe()

    def _received(self, message: Message) -> None:
        handler = self._handlers.get(message.subject)
        if handler is not None:
            handler(message)
        elif message.subject.startswith(self._subjects.offered(self._principal, self.cid, "")):
            self._turn_down(message)

    def _turn_down(self, message: Message) -> None:
        """A host calls what this process does not offer."""
        with suppress(WireError):
            envelope = decode_client_envelope(message.payload)
            principal, cid = envelope.principal, envelope.cid
            if TOKEN.fullmatch(principal) and TOKEN.fullmatch(cid):
                service = message.subject.rpartition(".")[2]
                said = rejection(self.cid, envelope.gen, "the client does not offer it")
                self._transport.publish(self._subjects.returned(principal, cid, service), said)

    def disconnected(self, broker: str) -> None:
        self._outage.begin(broker)
        for peer in self._all():
            peer.disconnected()

    def _cut_off(self) -> None:
        for peer in self._all():
            peer.cut_off()

    def _forgotten(self) -> None:
        for peer in self._all():
            peer.forgotten()

    def reconnected(self) -> None:
        self._outage.end()
        for peer in self._all():
            peer.reconnected()

    def refused(self, error: NotPermitted) -> None:
        own = self._subscription
        deaf = error.action == "subscribe" and own is not None and error.subject == own.subject
        for peer in self._all():
            peer.refused(error, deaf)

    def gap(self, subject: str) -> None:
        if self._subscription is not None and subject == self._subscription.subject:
            for peer in self._all():
                peer.gap()
