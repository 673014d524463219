"""Values of no declared type as bytes: plain ones, and Python's own scalars and containers.

msgpack tells neither a Decimal from its text nor a tuple from a list: what it does not tell is an
extension here, whose bytes are the value as its type travels, or the list of its items. Any other
object is refused, or travels as msgspec shows it.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

import msgspec

from .codecs import codec
from .scalars import PLAIN

__all__ = ["decode_untyped", "encode_untyped"]

_KINDS: Final[tuple[Any, ...]] = (
    *(tuple, set, frozenset),
    *(int, Decimal, UUID, datetime, date, time, timedelta),
)
"""What msgpack does not tell, each by its code: an integer, if it has more than 64 bits."""
_FIRST: Final = 16
_CODES: Final = {kind: _FIRST + index for index, kind in enumerate(_KINDS)}
_CONTAINERS: Final = (tuple, set, frozenset)


def encode_untyped(value: Any) -> bytes:
    """The value as msgpack.

    Raises:
        TypeError, ValueError, OverflowError, RecursionError: it, or a part of it, cannot travel.
    """
    return msgspec.msgpack.encode(_packed(value), enc_hook=_mended)


def decode_untyped(data: Any) -> Any:
    """The value of these bytes.

    Raises:
        WireError, MsgspecError, ValueError, TypeError: they are no value (D21).
    """
    return msgspec.msgpack.decode(data, ext_hook=_unpacked)


def _packed(value: Any) -> Any:
    kind = type(value)
    if kind in _CONTAINERS:
        return msgspec.msgpack.Ext(_CODES[kind], encode_untyped(list(value)))
    if kind is list:
        return list(map(_packed, value))
    if kind is dict:
        return {key: _packed(each) for key, each in value.items()}
    if kind in _CODES and not (kind is int and -(2**63) <= value < 2**64):
        return msgspec.msgpack.Ext(_CODES[kind], codec(kind).encode(value))
    return value


def _mended(value: Any) -> Any:
    """An instance of a subclass of a scalar, as the scalar."""
    for cls, plain in PLAIN.items():
        if isinstance(value, cls):
            return _packed(plain(value))
    raise TypeError(f"a {type(value).__name__} does not travel without a declared type")


def _unpacked(code: int, data: memoryview) -> Any:
    if not _FIRST <= code < _FIRST + len(_KINDS):
        raise ValueError(f"the msgpack extension {code} has no meaning here")
    kind = _KINDS[code - _FIRST]
    return kind(decode_untyped(data)) if kind in _CONTAINERS else codec(kind).decode(bytes(data))
