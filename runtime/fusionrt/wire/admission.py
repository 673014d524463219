"""Which clients a host admits, and what it says to one whose session it has not (D2, D8, D30)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from .envelopes import ClientEnvelope, encode_host_envelope
from .frames import VERSION, Bye, Hello, Rejected, Welcome
from .limits import Timing
from .proofs import Prover

__all__ = ["FULL", "Admission", "rejection"]

FULL: Final = "full"
"""The reason of a host that keeps as many sessions as it can: its client may try again (D27)."""


def rejection(iid: str, gen: int, reason: str, proof: bytes = b"") -> bytes:
    """A message outside of the sequence: there is no such session here (D2)."""
    return encode_host_envelope(iid, gen, 0, (Rejected(reason),), proof)


class Admission:
    """Of one host and service: a session is opened by the first message that shows its proof.

    Nothing is kept for a hello, which anybody can send in anybody's name: neither can hellos fill
    a host, nor touch a session that is open.

    forged: messages without the proof that they need.
    """

    def __init__(
        self,
        iid: str,
        key: bytes,
        has_room: Callable[[str], bool],
        now: float,
        timing: Timing,
        unpacks: tuple[str, ...] = (),
    ) -> None:
        """key: see `Prover`. has_room: for one more session of this principal (D27). unpacks: in
        which forms large messages may come.
        """
        self._unpacks: Final = unpacks
        self.forged = 0
        self._has_room: Final = has_room
        self._iid: Final = iid
        self._prover: Final = Prover(key, now)
        self._valid: Final = timing.session
        self._opened: dict[tuple[str, str, int], float] = {}
        """When proofs were made that opened a session, while they could open another one."""

    def greet(self, envelope: ClientEnvelope, now: float) -> bytes | None:
        """The answer to what has no session here; None: open one, with its proof.

        An empty answer is none. A hello of a client that has a session elsewhere only asks whether
        there is another host; and one of a client whose session was here learns at once that it is
        gone (D2, D8).
        """
        hello = next((frame for frame in envelope.frames if isinstance(frame, Hello)), None)
        if hello is None or hello.opened == self._iid:
            return self._known(envelope, now)
        if hello.version != VERSION:
            reason = f"version {hello.version} of the protocol, this host speaks {VERSION}"
            return rejection(self._iid, envelope.gen, f"{reason}: update it")
        welcome = (Welcome(hello.number, VERSION, self._unpacks),)
        if hello.opened:
            return encode_host_envelope(self._iid, envelope.gen, 0, welcome)
        if not self._has_room(envelope.principal):
            return rejection(self._iid, envelope.gen, FULL)
        proof = self._prover.proof(envelope.cid, envelope.principal, envelope.gen, now)
        return encode_host_envelope(self._iid, envelope.gen, 1, welcome, proof)

    def _known(self, envelope: ClientEnvelope, now: float) -> bytes | None:
        """It says that it was welcomed here. A welcome opens one session, soon or never: whatever
        is said again later finds nothing (D30).
        """
        name = envelope.cid, envelope.principal, envelope.gen
        made = self._prover.made(envelope.proof, *name)
        if made is None:
            self.forged += 1
            return b""
        if any(isinstance(frame, Bye) for frame in envelope.frames):
            return b""
        if not self._fresh(made, now) or name in self._opened or envelope.last > 1:
            return rejection(self._iid, envelope.gen, "unknown", envelope.proof)
        if not self._has_room(envelope.principal):
            return rejection(self._iid, envelope.gen, FULL, envelope.proof)
        return None

    def opened(self, envelope: ClientEnvelope, now: float) -> None:
        """Its proof opened a session: it opens no other one."""
        opened = self._opened
        while opened and not self._fresh(opened[oldest := next(iter(opened))], now):
            del opened[oldest]
        opened[envelope.cid, envelope.principal, envelope.gen] = now

    def _fresh(self, at: float, now: float) -> bool:
        return now - at <= self._valid
