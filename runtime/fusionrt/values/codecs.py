"""Codecs: values of a declared type as bytes, and back with validation (C3, D21).

What the format does not keep: an aware datetime comes back as the same instant in UTC, and `fold`
is lost; of the zone of a `time` it keeps the offset in whole minutes, if the zone has one without a
date; an instance of a subclass comes back as one of the declared class, a bool under int or float
as a number, an abstract collection (Sequence, Set, Mapping) as list, set or dict.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Sequence
from functools import cached_property, lru_cache
from typing import Any, Final, Generic, TypeVar

import msgspec

from ..errors import UnsupportedType, WireError
from .bools import convert
from .conversions import Convert
from .faithful import may_overflow
from .json_text import json_decoder, json_encode
from .masking import holds_secrets, masked_json
from .plans import plan_of
from .reading import shape_of
from .scalars import mend
from .shapes import Shape, spell
from .wide import decode_wide, encode_wide, unpack

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
        OverflowError: it holds an instant that has no date in UTC.
    """

    encode_most: Callable[[T], bytes]
    """The same without a frame of ours, if the type allows it; some values only `encode` takes."""

    def __init__(self, tp: Any) -> None:
        shape = shape_of(tp)
        self._plan = plan = plan_of(shape)
        self._shape = shape
        self.hides: Final = holds_secrets(shape)
        """Whether there are secrets in it, so that no message may quote a value."""
        encode = msgspec.msgpack.Encoder(enc_hook=mend).encode
        self.encode = _encoder(shape, plan.to_wire, encode)
        self.encode_most = encode if plan.to_wire is None else self.encode
        decode = msgspec.msgpack.Decoder(plan.wire, ext_hook=unpack).decode
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
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as problem:  # of users' classes whatever they raise (G37, D29)
            return self._decode_wide(data, problem)

    def decode_all(self, data: Sequence[bytes]) -> list[T]:
        """The value of each of these; one call of the decoder for all would let one that is not a
        single value borrow from its neighbours.

        Raises:
            WireError: one of them is not a value of the type.
        """
        try:
            return [*map(self._decode, data)]
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException:
            return [*map(self.decode, data)]

    def decode_until(self, data: Sequence[bytes]) -> tuple[list[T], WireError | None]:
        """As `decode_all`, up to the first that is no value; and what is wrong with that one."""
        try:
            return self.decode_all(data), None
        except WireError:
            values: list[T] = []
        for each in data:
            try:
                values.append(self.decode(each))
            except WireError as problem:
                return values, problem
        return values, None

    def _decode_wide(self, data: bytes, problem: BaseException) -> T:
        """Decode what msgspec refused for a number: beyond 64 bits, or a bool."""
        try:
            wire = convert(decode_wide(data), self._plan.wire)
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException:
            raise self._refusal(problem) from self._cause(problem)
        return self._arrived(wire)

    def _arrived(self, wire: Any) -> T:
        try:
            value: T = self._plan.from_wire(wire) if self._plan.from_wire else wire
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as problem:
            raise self._refusal(problem) from self._cause(problem)
        return value

    def _refusal(self, problem: BaseException) -> WireError:
        return _at(problem) if self.hides else _refusal(problem)

    def _cause(self, problem: BaseException) -> BaseException | None:
        return None if self.hides else problem

    def encode_json(self, value: T) -> bytes:
        """The value as JSON, for the command line and for debugging."""
        try:
            wire = self._plan.to_wire(value) if self._plan.to_wire else value
        except AttributeError:
            raise _misfit(self._shape, value) from None
        return json_encode(wire)

    def encode_shown(self, value: T) -> bytes:
        """The value as JSON for people: what is secret is masked."""
        return self._encode_shown(value)

    @cached_property
    def _encode_shown(self) -> Callable[[T], bytes]:
        return masked_json(self._shape) if self.hides else self.encode_json

    def decode_json(self, data: bytes) -> T:
        """The value of this JSON text.

        Raises:
            WireError: it is not a value of the type.
        """
        try:
            wire = self._json_decode(data)
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as problem:
            raise self._refusal(problem) from self._cause(problem)
        return self._arrived(wire)

    @cached_property
    def _json_decode(self) -> Callable[[bytes], Any]:
        return json_decoder(self._plan.wire)


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


def _encoder(
    shape: Shape, to_wire: Convert | None, encode: Callable[[Any], bytes]
) -> Callable[[Any], bytes]:
    """What encodes: msgspec itself, with as little around it as the type allows."""
    if to_wire is not None:
        return _converting(shape, to_wire, encode)
    if not may_overflow(shape, set()):
        return encode  # the bound method of msgspec: no frame of ours

    def encode_number(value: Any) -> bytes:
        try:
            return encode(value)
        except OverflowError:
            return encode_wide(value)

    return encode_number


def _converting(
    shape: Shape, to_wire: Convert, encode: Callable[[Any], bytes]
) -> Callable[[Any], bytes]:
    def encode_converted(value: Any) -> bytes:
        try:
            return encode(to_wire(value))
        except OverflowError:
            return encode_wide(to_wire(value))
        except AttributeError:
            raise _misfit(shape, value) from None

    return encode_converted


def _misfit(shape: Shape, value: object) -> UnsupportedType:
    return UnsupportedType(
        type(value).__qualname__, f"cannot travel where {spell(shape.tp)} is declared"
    )


def _after(first: Callable[[Any], Any], then: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda value: then(first(value))


def _refusal(problem: BaseException) -> WireError:
    """An error for the sender: what is wrong with the value, nothing of our insides (D21)."""
    cause = problem.__cause__ or problem
    text = _WRONG
    if "pydantic" in sys.modules:
        from pydantic import ValidationError

        if isinstance(cause, ValidationError):
            from .checking import spell_refusal

            return WireError(spell_refusal(cause)[:_LONGEST])
    # A ValueError carries a validator's words to the caller; any other exception is our own affair.
    if isinstance(cause, (msgspec.MsgspecError, ValueError)):
        text = str(problem)
    return WireError(text[:_LONGEST])


def _at(problem: BaseException) -> WireError:
    """The same for a value with secrets: at most where it is wrong."""
    place = _PLACE.search(str(problem)) if isinstance(problem, msgspec.MsgspecError) else None
    return WireError(f"{_WRONG}{place[0] if place else ''}")


_WRONG: Final = "the value is not one of the declared type"
_PLACE: Final = re.compile(r" - at `\$[\w.\[\]]*`$", re.ASCII)
_LONGEST: Final = 500
"""Characters of a message: it may quote the value, which may be as long as the sender liked."""
