"""`RunCodec`: many values of one type, which came each by itself, decoded by one call (D29)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Generic, TypeVar

from ..errors import WireError
from .codecs import Codec, codec

__all__ = ["RunCodec", "array_header"]

T = TypeVar("T")


def array_header(length: int) -> bytes:
    """What makes a msgpack array of so many values that follow it."""
    if length < 16:
        return bytes((0x90 | length,))
    if length < 1 << 16:
        return b"\xdc" + length.to_bytes(2)
    return b"\xdd" + length.to_bytes(4)


class RunCodec(Generic[T]):
    """Decodes values of a type.

    Raises:
        UnsupportedType: the type cannot travel.
    """

    def __init__(self, tp: Any) -> None:
        self.one: Codec[T] = codec(tp)
        self._many: Codec[list[T]] = codec(list[tp])

    def decode(self, payloads: Sequence[bytes]) -> tuple[list[T], WireError | None]:
        """The values, up to the first that is not of the type, and what is wrong with that one."""
        try:
            return self._many.decode(array_header(len(payloads)) + b"".join(payloads)), None
        except WireError:
            pass
        values: list[T] = []
        for payload in payloads:
            try:
                values.append(self.one.decode(payload))
            except WireError as problem:
                return values, problem
        return values, None
