"""Integers beyond 64 bits, for which msgpack has no form.

Such a one is extension 1: two's complement, most significant byte first; as the key of a map, its
decimal text. (In JavaScript: `BigInt.asIntN(8 * bytes.length, BigInt("0x" + hex))`.) Nothing else
changes, and a value without one pays nothing: only what msgspec gave up on comes here.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

import msgspec

from .scalars import mend

__all__ = ["INTEGER", "decode_wide", "encode_wide", "unpack"]

INTEGER: Final = 1
"""The code of the msgpack extension."""


def encode_wide(wire: Any) -> bytes:
    """A value of a wire type with integers of any size, as msgpack.

    Raises:
        OverflowError: something else in it is out of range.
    """
    tree = msgspec.to_builtins(wire, builtin_types=(bytes, datetime), enc_hook=mend)
    return _encoder.encode(_packed(tree))


def decode_wide(data: bytes) -> Any:
    """The tree of bytes that may hold integers of any size; `msgspec.convert` makes a value of it.

    Raises:
        MsgspecError, ValueError, TypeError: they are no msgpack of ours.
    """
    return _decoder.decode(data)


def unpack(code: int, data: memoryview) -> int:
    """The integer of an extension; a ValueError for any other extension."""
    if code != INTEGER:
        raise ValueError(f"the msgpack extension {code} has no meaning here")
    return int.from_bytes(data, "big", signed=True)


def _packed(tree: Any) -> Any:
    match tree:
        case int() if not _fits(tree):
            size = tree.bit_length() // 8 + 1
            return msgspec.msgpack.Ext(INTEGER, tree.to_bytes(size, "big", signed=True))
        case list() | tuple():
            return list(map(_packed, tree))
        case dict():
            return {_key(key): _packed(value) for key, value in tree.items()}
    return tree


def _key(key: Any) -> Any:
    return str(key) if isinstance(key, int) and not _fits(key) else key


def _fits(value: int) -> bool:
    return -(2**63) <= value < 2**64


_encoder = msgspec.msgpack.Encoder(enc_hook=mend)
_decoder = msgspec.msgpack.Decoder(ext_hook=unpack)
