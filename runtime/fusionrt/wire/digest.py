"""Hashes that both ends compute alike (D12), in 32 bits, as JavaScript can (`Math.imul`)."""

from __future__ import annotations

from collections.abc import Collection
from hashlib import blake2b

__all__ = ["Digest", "content_id", "method_id"]

_MASK = 0xFFFF_FFFF


def method_id(name: str) -> int:
    """A method's name on the wire: FNV-1a over its UTF-8 bytes, 32 bits, the same for ever."""
    value = 0x811C_9DC5
    for byte in name.encode():
        value = ((value ^ byte) * 0x0100_0193) & _MASK
    return value


def content_id(payload: bytes) -> str:
    """Names a result by its bytes (D16): BLAKE2b, 128 bits, as hex digits."""
    return blake2b(payload, digest_size=16).hexdigest()


def mix(id: int) -> int:
    """Spread an id below 2^53 over 32 bits, so that neighbours do not cancel out under XOR."""
    value = (id & _MASK) ^ ((id >> 32) * 0x9E37_79B1 & _MASK)
    value = ((value ^ value >> 16) * 0x85EB_CA6B) & _MASK
    value = ((value ^ value >> 13) * 0xC2B2_AE35) & _MASK
    return value ^ value >> 16


class Digest:
    """Count and XOR over a set of ids, kept up to date by its owner (D12).

    Most ids come and go between two looks at the value: they are mixed in only at the look.
    """

    __slots__ = ("_toggled", "_value", "count")

    def __init__(self) -> None:
        self.count = 0
        self._value = 0
        self._toggled: set[int] = set()

    @property
    def value(self) -> int:
        """The XOR of the mixed ids, 32 bits."""
        for id in self._toggled:
            self._value ^= mix(id)
        self._toggled.clear()
        return self._value

    def add(self, id: int) -> None:
        """Count in an id that was not in the set."""
        self.count += 1
        self._toggle(id)

    def remove(self, id: int) -> None:
        """Count out an id that was in the set."""
        self.count -= 1
        self._toggle(id)

    def add_all(self, ids: Collection[int]) -> None:
        """Count in ids that were not in the set."""
        self.count += len(ids)
        self._toggled.symmetric_difference_update(ids)

    def remove_all(self, ids: Collection[int]) -> None:
        """Count out ids that were in the set."""
        self.count -= len(ids)
        self._toggled.symmetric_difference_update(ids)

    def joined(self, ids: Collection[int]) -> Digest:
        """Of a set that has these ids as well."""
        both = Digest()
        both.count, both._value = self.count, self.value
        both.add_all(ids)
        return both

    def _toggle(self, id: int) -> None:
        if id in self._toggled:
            self._toggled.remove(id)
        else:
            self._toggled.add(id)
