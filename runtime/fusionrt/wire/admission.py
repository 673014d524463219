"""Which clients a host admits, and what it says to one whose session it has not (D2, D8, D27)."""

from __future__ import annotations

from typing import Final

from .envelopes import ClientEnvelope, encode_host_envelope
from .frames import VERSION, Bye, Hello, Rejected, Welcome

__all__ = ["FULL", "greet", "rejection"]

FULL: Final = "full"
"""The reason of a host that keeps as many sessions as it can: its client may try again (D27)."""


def rejection(iid: str, gen: int, reason: str) -> bytes:
    """A message outside of the sequence: there is no such session here (D2)."""
    return encode_host_envelope(iid, gen, 0, (Rejected(reason),))


def greet(envelope: ClientEnvelope, iid: str) -> bytes | None:
    """The answer to a client that has no session here; None: open one, it says hello.

    An empty answer is none. A hello of a client that has a session elsewhere opens nothing: it only
    asks whether there is another host; and one of a client whose session was here learns at once
    that it is gone (D2, D8).
    """
    hello = next((frame for frame in envelope.frames if isinstance(frame, Hello)), None)
    if hello is None:
        leaving = any(isinstance(frame, Bye) for frame in envelope.frames)
        return b"" if leaving else rejection(iid, envelope.gen, "unknown")
    if hello.version != VERSION:
        reason = f"version {hello.version} of the protocol, this host speaks {VERSION}: update it"
        return rejection(iid, envelope.gen, reason)
    if hello.opened == iid:
        return rejection(iid, envelope.gen, "unknown")
    if hello.opened:
        return encode_host_envelope(iid, envelope.gen, 0, (Welcome(hello.number, VERSION),))
    return None
