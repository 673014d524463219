"""`Caller`: the client end of a process: one subscription (D4), a peer for each service."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, TypeVar

from ...errors import InvalidSubject, NotPermitted
from ...primitives import new_id
from ...transport import Listener, Message, Subscription, Transport
from ...wire.limits import Timing
from ..loose import Loose
from ..subjects import ANONYMOUS, TOKEN, Subjects
from .answer import Pending
from .outage import OUTAGE_GRACE, Outage
from .peer import Peer
from .shards import ShardPeer
from .statistics import CallerStatistics
from .writes import Writes

__all__ = ["Caller"]

_P = TypeVar("_P", bound=Peer)


class Caller(Listener):
    """Hands what comes to the peers.

    Results, invalidations and acknowledgements of all services come by one subscription, because
    only that gives them one order.

    outage_grace: seconds that the connection may be lost before that is taken for an outage (D26).
    loose: what commands have changed that no client is told of as its own (D15).

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
    ) -> None:
        if not TOKEN.fullmatch(principal):
            raise InvalidSubject(principal)
        self.cid: Final = new_id()
        self._transport = transport
        self._subjects = subjects
        self._principal = principal
        self._timing = timing
        self.writes: Final = Writes(loose or Loose())
        self._peers: dict[str, Peer] = {}
        self._outage = Outage(outage_grace, self._cut_off)
        self._subscription: Subscription | None = None

    async def open(self) -> None:
        """Begin to listen; call it once, before the first `peer`."""
        subject = self._subjects.client(self._principal, self.cid, ">")
        self._subscription = await self._transport.subscribe(subject, self._received)
        self._transport.add_listener(self)

    def peer(self, service: str) -> Peer:
        """The way to a service; no message is sent before its first call."""
        return self._peers.get(service) or self._made(Peer, service)

    def shard_peer(self, service: str) -> ShardPeer:
        """The way to a service that is sharded."""
        peer = self._peers.get(service)
        return peer if isinstance(peer, ShardPeer) else self._made(ShardPeer, service)

    def _made(self, kind: type[_P], service: str) -> _P:
        peer = kind(
            service,
            self._transport,
            self._subjects,
            cid=self.cid,
            principal=self._principal,
            timing=self._timing,
            outage=self._outage,
            writes=self.writes,
        )
        before = self._peers.get(service)
        if before is not None:  # it was asked what the service is like
            before.close()
        self._peers[service] = peer
        return peer

    def pending(self) -> Iterator[Pending]:
        """Calls without an answer, of all services."""
        for peer in list(self._peers.values()):
            yield from peer.pending()

    def statistics(self) -> CallerStatistics:
        """The services that it calls, and whether there is a broker."""
        peers = {service: peer.statistics() for service, peer in self._peers.items()}
        return CallerStatistics(self.cid, self._outage.broker, peers)

    async def close(self) -> None:
        """Leave every session, so that the hosts need not wait for it to lapse."""
        self._outage.end()
        for peer in self._peers.values():
            peer.close()
        self._transport.remove_listener(self)
        if self._subscription is not None:
            await self._subscription.unsubscribe()

    def _received(self, message: Message) -> None:
        peer = self._peers.get(message.subject.rpartition(".")[2])
        if peer is not None:
            peer.received(message)

    def disconnected(self, broker: str) -> None:
        self._outage.begin(broker)
        for peer in list(self._peers.values()):
            peer.disconnected()

    def _cut_off(self) -> None:
        for peer in list(self._peers.values()):
            peer.cut_off()

    def reconnected(self) -> None:
        self._outage.end()
        for peer in list(self._peers.values()):
            peer.reconnected()

    def refused(self, error: NotPermitted) -> None:
        own = self._subscription
        deaf = error.action == "subscribe" and own is not None and error.subject == own.subject
        for peer in list(self._peers.values()):
            peer.refused(error, deaf)

    def gap(self, subject: str) -> None:
        if self._subscription is not None and subject == self._subscription.subject:
            for peer in list(self._peers.values()):
                peer.gap()
