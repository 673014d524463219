"""The scalars that travel, and how a subclass instance becomes the plain value that its type means.

msgspec encodes exact types only; a key and a payload must not depend on which subclass of `str` or
`Decimal` a caller happened to hold, nor on the time zone in which it wrote an instant.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from ..errors import UnsupportedType
from .shapes import spell

__all__ = ["PLAIN", "SCALARS", "mend", "plain_datetime", "plain_time"]


def _plain_bytes(value: bytes) -> bytes:
    return bytes(memoryview(value))


def plain_datetime(value: datetime) -> datetime:
    """A datetime as the wire brings it back: an aware one in UTC, any other naive; without fold."""
    aware = value.utcoffset() is not None
    if aware:
        value = value.astimezone(UTC)
    return datetime(
        *(value.year, value.month, value.day),
        *(value.hour, value.minute, value.second, value.microsecond),
        UTC if aware else None,
    )


def plain_time(value: time) -> time:
    """A time as the wire brings it back: of its zone, the offset in whole minutes; without fold."""
    offset = value.utcoffset()
    zone = None
    if offset is not None:
        minutes = abs(offset) // timedelta(minutes=1)
        zone = timezone(timedelta(minutes=minutes if offset > timedelta(0) else -minutes))
    return time(value.hour, value.minute, value.second, value.microsecond, zone)


def mend(value: Any) -> Any:
    """An instance of a subclass of a scalar, which msgspec does not encode, as the scalar; what
    has items, as a list; a mapping, as a dict.

    Raises:
        UnsupportedType: it is none.
    """
    for cls, plain in PLAIN.items():
        if isinstance(value, cls):
            return plain(value)
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, Iterable) and not hasattr(value, "__pydantic_validator__"):
        return list(value)
    raise UnsupportedType(spell(type(value)), "cannot travel: another type is declared here")


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
    time: plain_time,
    timedelta: lambda value: timedelta(value.days, value.seconds, value.microseconds),
}
"""By scalar type: makes the exact type of any instance of a subclass."""

SCALARS: Final[frozenset[type]] = frozenset((*PLAIN, bool, type(None)))
