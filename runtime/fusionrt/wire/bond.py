"""`Bond`: which host a client's session is with, and what others say that were asked (D2, D9)."""

from __future__ import annotations

from .admission import FULL
from .client_events import Outgoing
from .envelopes import HostEnvelope, encode_client_envelope
from .frames import VERSION, Bye, ClientFrame, Hello, Rejected, Welcome
from .proofs import same

__all__ = ["SUCCEEDED", "Bond", "TurnedAway"]

SUCCEEDED = "another host answers in its place"
_REJECTED = {"unknown": "its host does not know this client any more"}


class TurnedAway(str):
    """The reason of a host that has no room for a session (D27)."""

    __slots__ = ()


class Bond:
    """Names the session in every message.

    iid: the host's instance id; None until one took the session. proof: what it gave for that.
    parting: messages to those that are left.
    """

    def __init__(self, cid: str, principal: str, gen: int) -> None:
        self.cid = cid
        self.principal = principal
        self.gen = gen
        self.iid: str | None = None
        self.proof = b""
        self.parting: list[Outgoing] = []

    def pack(self, last: int, frames: tuple[ClientFrame, ...]) -> bytes:
        """A message. last: the highest number that was applied."""
        return encode_client_envelope(self.cid, self.principal, self.gen, last, frames, self.proof)

    def hello(self, number: int, last: int) -> Outgoing:
        """Ask for a host, or whether there is another one."""
        return Outgoing(None, self.pack(last, (Hello(number, VERSION, self.iid or ""),)))

    def welcomed(self, envelope: HostEnvelope) -> Welcome | None:
        """The first welcome wins; None if this is none."""
        welcome = next((frame for frame in envelope.frames if isinstance(frame, Welcome)), None)
        if welcome is not None:
            self.iid = envelope.iid
            self.proof = envelope.proof
        return welcome

    def disproven(self, envelope: HostEnvelope) -> bool:
        """Whether it claims to come from the session's host, and does not prove it (D30)."""
        return envelope.iid == self.iid and not same(envelope.proof, self.proof)

    def part(self, iid: str | None, last: int) -> None:
        """Say goodbye to a host, if there is one."""
        if iid is not None:
            self.parting.append(Outgoing(iid, self.pack(last, (Bye(),))))

    def ended_by(self, envelope: HostEnvelope, doubtful: bool) -> str | None:
        """Why there is no session any more, if a message outside of the sequence says so.

        doubtful: whether the host may be gone.
        """
        for frame in envelope.frames:
            match frame:
                case Rejected(reason) if self.iid in (None, envelope.iid):
                    if reason == FULL:
                        return TurnedAway("its host has no room")
                    return _REJECTED.get(reason, f"its host refuses: {reason}")
                case Welcome() if doubtful and self.iid not in (None, envelope.iid):
                    return SUCCEEDED
        return None
