"""`Reached`: the ways from a host to clients that it has sessions with, for what they offer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from ...errors import WireError
from ...transport import Message
from ...wire.envelopes import decode_host_envelope
from ...wire.packing import Packing, unpacking
from ..subjects import Place
from .peer import Peer

__all__ = ["Reached"]


class Reached:
    """Of one contract. A client answers under its id, by which its peer is found."""

    def __init__(self, packing: Packing | None) -> None:
        self._decode: Final = unpacking(packing, decode_host_envelope)
        self._peers: Final[dict[str, tuple[Place, Peer]]] = {}

    def peer(self, cid: str, place: Place, make: Callable[[Place], Peer]) -> Peer:
        """The way to a client; made if there is none."""
        if cid not in self._peers:
            self._peers[cid] = place, make(place)
        return self._peers[cid][1]

    def peers(self) -> list[Peer]:
        """All of them."""
        return [peer for _, peer in self._peers.values()]

    def left(self, cid: str, reason: str) -> None:
        """A client is gone, or has no session here any more: calls of it fail."""
        known = self._peers.pop(cid, None)
        if known is not None:
            known[1].close(reason)

    def received(self, message: Message) -> None:
        """An answer, or the broker's, that a client does not listen."""
        if message.no_responders is not None:
            for place, peer in list(self._peers.values()):
                if place.found == message.no_responders:
                    peer.received(message)
            return
        try:
            envelope = self._decode(message.payload)
        except WireError:
            for peer in self.peers():
                peer.gap()
            return
        if envelope.iid in self._peers:
            self._peers[envelope.iid][1].heard(envelope)
