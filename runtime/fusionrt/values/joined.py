"""Many encoded values of one type, decoded together: msgpack's list of them is their bytes after a
header, and one call of a decoder costs less than many.
"""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["joined"]


def joined(payloads: Sequence[bytes]) -> bytes:
    """The msgpack of a list of these values."""
    count = len(payloads)
    if count < 16:
        return bytes((0x90 | count,)) + b"".join(payloads)
    if count < 1 << 16:
        return b"\xdc" + count.to_bytes(2, "big") + b"".join(payloads)
    return b"\xdd" + count.to_bytes(4, "big") + b"".join(payloads)
