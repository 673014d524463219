"""`Caller`: the client end of a process: one subscription (D4), a peer for each service."""

from __future__ import annotations

from typing import Final

from ...errors import InvalidSubject
from ...primitives import new_id
from ...transport import Listener, Message, Subscription, Transport
from ...wire.limits import Timing
from ...wire.packing import Packing
from ..subjects import ANONYMOUS, TOKEN, Subjects
from .outage import OUTAGE_GRACE, Outage
from .peer import Peer
from .statistics import CallerStatistics

__all__ = ["Caller"]


class Caller(Listener):
    """Hands what comes to the peers.

    Results, invalidations and acknowledgements of all services come by one subscription, because
    only that gives them one order.

    outage_grace: seconds that the connection may be lost before that is taken for an outage (D26).
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
        packing: Packing | None = None,
    ) -> None:
        if not TOKEN.fullmatch(principal):
            raise InvalidSubject(principal)
        self.cid: Final = new_id()
        self._transport = transport
        self._subjects = subjects
        self._principal = principal
        self._timing = timing
        self._packing = packing
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
        peer = self._peers.get(service)
        if peer is None:
            peer = self._peers[service] = Peer(
                service,
                self._transport,
                self._subjects,
                cid=self.cid,
                principal=self._principal,
                timing=self._timing,
                outage=self._outage,
                packing=self._packing,
            )
        return peer

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

    def gap(self, subject: str) -> None:
        if self._subscription is not None and subject == self._subscription.subject:
            for peer in list(self._peers.values()):
                peer.gap()
