"""Values of a wire type as JSON, for the command line and for debugging.

nan and infinity, of which JSON knows nothing, are written as Python writes them: `NaN`, `Infinity`
and `-Infinity`, with no quotes, so that no text is ever taken for a number.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import msgspec

from ..errors import WireError
from .scalars import mend

__all__ = ["json_decoder", "json_encode", "json_items"]


def json_encode(wire: Any) -> bytes:
    """A value of a wire type as JSON."""
    data = _encoder.encode(wire)
    if b"null" not in data:
        return data
    return _dumped(msgspec.to_builtins(wire, str_keys=True, enc_hook=mend))  # null may be nan


def json_decoder(wire: Any) -> Callable[[bytes], Any]:
    """What makes a value of a wire type from JSON; a ValueError for anything else."""
    decode = msgspec.json.Decoder(wire).decode

    def decode_json(data: bytes) -> Any:
        if _may_hold_constants(data):
            return msgspec.convert(json.loads(data), wire, str_keys=True)
        return decode(data)

    return decode_json


def json_items(data: bytes) -> list[bytes]:
    """The texts of the items of a JSON array.

    Raises:
        WireError: it is none.
    """
    try:
        if _may_hold_constants(data):
            return list(map(_dumped, msgspec.convert(json.loads(data), list[Any])))
        return list(map(bytes, _items.decode(data)))
    except (ValueError, RecursionError) as problem:
        raise WireError(str(problem)) from None


def _may_hold_constants(data: bytes) -> bool:
    return b"NaN" in data or b"Infinity" in data


def _dumped(tree: Any) -> bytes:
    return json.dumps(tree, ensure_ascii=False, separators=(",", ":")).encode()


_encoder = msgspec.json.Encoder(enc_hook=mend)
_items = msgspec.json.Decoder(list[msgspec.Raw])
