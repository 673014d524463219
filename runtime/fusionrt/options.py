"""What callers give as options, looked at where it is given: what means nothing is refused at once,
and not when it is used, in another place and as another error.

Each raises `ArgumentError`, which names the call and the option.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection
from typing import Final

from .errors import ArgumentError

__all__ = ["count", "is_text", "principals", "seconds"]

_UNSAYABLE: Final = re.compile(r"[\x00\ud800-\udfff]")
"""NUL, which PostgreSQL does not store, and halves of characters, which UTF-8 does not have."""


def seconds(call: str, option: str, given: float, *, zero: bool = False) -> float:
    """A time; it may be infinite. zero: it may be none at all."""
    if isinstance(given, bool) or not isinstance(given, (int, float)) or math.isnan(given):
        raise ArgumentError(call, f"{option}: expected seconds, not {given!r}")
    if given < 0 or not (given or zero):
        least = "0 or more" if zero else "more than 0"
        raise ArgumentError(call, f"{option}: expected seconds, {least}, not {given!r}")
    return given


def count(call: str, option: str, given: int, least: int) -> int:
    """A whole number."""
    if isinstance(given, bool) or not isinstance(given, int) or given < least:
        problem = f"{option}: expected a whole number, {least} or more, not {given!r}"
        raise ArgumentError(call, problem)
    return given


def principals(call: str, option: str, given: Collection[str]) -> frozenset[str]:
    """Several names; one text is not taken for the names of its letters."""
    if isinstance(given, str) or not all(isinstance(each, str) for each in given):
        problem = f"{option}: expected names of principals, such as ('web',), not {given!r}"
        raise ArgumentError(call, problem)
    return frozenset(given)


def is_text(given: object) -> bool:
    """Whether it is a text that travels, and that every log can store."""
    return isinstance(given, str) and _UNSAYABLE.search(given) is None
