"""A span of time as a text, and how long that text holds. All times are whole microseconds."""

from __future__ import annotations

from bisect import bisect
from typing import Final

__all__ = ["text_of"]

_MINUTE: Final = 60_000_000
_DAY: Final = 24 * 60 * _MINUTE

_NAMES: Final = ("minute", "hour", "day", "week", "month", "year")
_UNITS: Final = (_MINUTE, 60 * _MINUTE, _DAY, 7 * _DAY, 365 * _DAY // 12, 365 * _DAY)


def text_of(elapsed: int) -> tuple[str, int]:
    """The text for a moment that lies so far back, or ahead if that is negative; and in how many
    microseconds it becomes another one.

    The largest unit is told that fits, and how many of it have passed in full.
    """
    span = abs(elapsed)
    place = bisect(_UNITS, span) - 1
    if place < 0:
        return ("just now", _MINUTE - span) if elapsed >= 0 else ("in a moment", span)
    unit = _UNITS[place]
    count = span // unit
    told = f"{count} {_NAMES[place]}" if count == 1 else f"{count} {_NAMES[place]}s"
    if elapsed < 0:
        return f"in {told}", span - count * unit + 1
    return f"{told} ago", min([(count + 1) * unit, *_UNITS[place + 1 :]]) - span
