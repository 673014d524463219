"""Codecs: values of a declared type as bytes, and back with validation (C3, D21).

What the format cannot keep: an aware datetime comes back as the same instant in UTC, and `fold` is
lost; an integer beyond 64 bits is refused when it is encoded; nan and infinity have no JSON form;
an instance of a subclass comes back as one of the declared class, an abstract collection (Sequence,
Set, Mapping) as list, set or dict; a bool where an int is declared is refused on arrival.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import cached_property, lru_cache
from typing import Any, Final, Generic, TypeVar

import msgspec

from ..errors import UnsupportedType, WireError
from .plans import plan_of
from .reading import shape_of
from .scalars import PLAIN
from .shapes import spell

__all__ = ["Codec", "arguments_codec", "codec"]

T = TypeVar("T")


class Codec(Generic[T]):
    """Encodes and decodes values of one type.

    Raises:
        UnsupportedType: the type cannot travel.
    """

    encode: Callable[[T], bytes]
    """The value as msgpack.

    Raises:
        UnsupportedType: the value, or a part of it, cannot travel.
        OverflowError: it holds an integer beyond 64 bits.
    """

    def __init__(self, tp: Any) -> None:
        self._plan = plan = plan_of(shape_of(tp))
        self._to_wire, self._from_wire = plan.to_wire, plan.from_wire
        encode = msgspec.msgpack.Encoder(enc_hook=_mend).encode
        decode = msgspec.msgpack.Decoder(plan.wire).decode
        # Bound methods of msgspec where there is nothing to convert: this is the hot path.
        self.encode = encode if plan.to_wire is None else _after(plan.to_wire, encode)
        self._decode: Callable[[bytes], T] = (
            decode if plan.from_wire is None else _after(decode, plan.from_wire)
        )

    def decode(self, data: bytes) -> T:
        """The value of these msgpack bytes.

        Raises:
            WireError: they are not a value of the type; the message is safe to show the sender.
        """
        try:
            return self._decode(data)
        except Exception as problem:
            raise _refusal(problem) from problem

    def encode_json(self, value: T) -> bytes:
        """The value as JSON, for the command line and for debugging."""
        return _json_encoder.encode(self._to_wire(value) if self._to_wire else value)

    def decode_json(self, data: bytes) -> T:
        """The value of this JSON text.

        Raises:
            WireError: it is not a value of the type.
        """
        try:
            wire = self._json_decoder.decode(data)
            value: T = self._from_wire(wire) if self._from_wire else wire
        except Exception as problem:
            raise _refusal(problem) from problem
        return value

    @cached_property
    def _json_decoder(self) -> msgspec.json.Decoder[Any]:
        return msgspec.json.Decoder(self._plan.wire)


def codec(tp: Any) -> Codec[Any]:
    """The codec of a type.

    Raises:
        UnsupportedType: it cannot travel; the message says what to declare instead.
    """
    try:
        return _cached(tp)
    except TypeError as problem:
        if isinstance(problem, UnsupportedType):
            raise
        return Codec(tp)  # unhashable metadata of an Annotated


def arguments_codec(types: tuple[Any, ...]) -> Codec[tuple[Any, ...]]:
    """The codec of an argument list: one value for each parameter, in order."""
    return codec(tuple[types])  # type: ignore[valid-type]


@lru_cache(maxsize=4096)
def _cached(tp: Any) -> Codec[Any]:
    return Codec(tp)


def _after(first: Callable[[Any], Any], then: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda value: then(first(value))


def _mend(value: Any) -> Any:
    """An instance of a subclass of a scalar, which msgspec does not encode, as the scalar."""
    for cls, plain in PLAIN.items():
        if isinstance(value, cls):
            return plain(value)
    raise UnsupportedType(spell(type(value)), "cannot travel: another type is declared here")


_json_encoder = msgspec.json.Encoder(enc_hook=_mend)


def _refusal(problem: Exception) -> WireError:
    """An error for the sender: what is wrong with the value, nothing of our insides (D21)."""
    cause = problem.__cause__ or problem
    text = "the value is not one of the declared type"
    if "pydantic" in sys.modules:
        from pydantic import ValidationError

        if isinstance(cause, ValidationError):
            from .models import spell_refusal

            return WireError(spell_refusal(cause)[:_LONGEST])
    # A ValueError carries a validator's words to the caller; any other exception is our own affair.
    if isinstance(cause, (msgspec.MsgspecError, ValueError)):
        text = str(problem)
    return WireError(text[:_LONGEST])


_LONGEST: Final = 500
"""Characters of a message: it may quote the value, which may be as long as the sender liked."""
