"""The scalars that travel, and how a subclass instance becomes the plain value that its type means.

msgspec encodes exact types only; a key and a payload must not depend on which subclass of `str` or
`Decimal` a caller happened to hold, nor on the time zone in which it wrote an instant.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

__all__ = ["PLAIN", "SCALARS", "plain_datetime"]


def _plain_bytes(value: bytes) -> bytes:
    return bytes(memoryview(value))


def plain_datetime(value: datetime) -> datetime:
    """A datetime as the wire brings it back: an aware one in UTC, a naive one as it is."""
    if value.tzinfo is not None and value.utcoffset() is not None:
        value = value.astimezone(UTC)
    if type(value) is datetime:
        return value
    return datetime.combine(
        date(value.year, value.month, value.day),
        time(value.hour, value.minute, value.second, value.microsecond, value.tzinfo),
    )


PLAIN: Final[Mapping[type, Callable[[Any], Any]]] = {
    # Order matters where one is a subclass of another: the first that fits is taken.
    str: str.__str__,
    int: int.__int__,
    float: float.__float__,
    bytes: _plain_bytes,
    Decimal: Decimal,
    UUID: lambda value: UUID(int=value.int),
    datetime: plain_datetime,
    date: lambda value: date(value.year, value.month, value.day),
    time: lambda value: time(
        value.hour, value.minute, value.second, value.microsecond, value.tzinfo
    ),
    timedelta: lambda value: timedelta(value.days, value.seconds, value.microseconds),
}
"""By scalar type: makes the exact type of any instance of a subclass."""

SCALARS: Final[frozenset[type]] = frozenset((*PLAIN, bool, type(None)))
