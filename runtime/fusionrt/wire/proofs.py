"""Proofs that a session's messages come from whom it was opened with (D30).

A proof goes, in the welcome, to the inbox of the principal that a hello names: only that principal
may read there, so whoever shows the proof is that principal. It is made of the session's name with
a key that no other process has, so a host keeps nothing for a hello that anybody may have sent.

It is shown as it is. (A code by message would cost more and prove no more: those who can read it
on its way are the service's own hosts and the client itself.)
"""

from __future__ import annotations

import hmac
from hashlib import blake2b
from typing import Final

import msgspec

__all__ = ["LENGTH", "Prover", "same"]

_STAMP: Final = 4
_CODE: Final = 16
LENGTH: Final = _STAMP + _CODE
"""Bytes of a proof."""

_TICK: Final = 0.1  # seconds of a stamp's step

_encode = msgspec.msgpack.Encoder().encode


class Prover:
    """Makes the proofs of one host and service, and knows its own again."""

    def __init__(self, key: bytes, now: float) -> None:
        """key: 32 random bytes, of this host and service alone."""
        self._key: Final = key
        self._start: Final = now

    def proof(self, cid: str, principal: str, gen: int, now: float) -> bytes:
        """For the session of this name; it also says when it was made."""
        stamp = int(max(0.0, now - self._start) / _TICK) % 2 ** (8 * _STAMP)
        return self._of(cid, principal, gen, stamp.to_bytes(_STAMP, "big"))

    def made(self, proof: bytes, cid: str, principal: str, gen: int) -> float | None:
        """When this proof was made for the session of this name; None if it was not."""
        stamp = proof[:_STAMP]
        if not same(proof, self._of(cid, principal, gen, stamp)):
            return None
        return self._start + int.from_bytes(stamp, "big") * _TICK

    def _of(self, cid: str, principal: str, gen: int, stamp: bytes) -> bytes:
        name = _encode((cid, principal, gen, stamp))
        return stamp + blake2b(name, key=self._key, digest_size=_CODE).digest()


same: Final = hmac.compare_digest
"""Whether two proofs are the same; how long that takes tells nothing of where they differ."""
