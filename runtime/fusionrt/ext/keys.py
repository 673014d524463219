"""Keys: texts in segments, and the ranges of keys below a prefix."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from ..errors import KeyRefused

__all__ = ["DELIMITER", "Range", "above", "checked_key", "checked_seconds", "checked_value"]

DELIMITER: Final = "/"
LONGEST: Final = 1000
"""Characters of a key."""
LONGEST_LIFE: Final = 100 * 365.25 * 86_400

_CONTROL: Final = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_UNSTORABLE: Final = re.compile("[\x00\ud800-\udfff]")


class Range(NamedTuple):
    """Keys between these, without them; no last one means all that come after the first."""

    first: str
    last: str | None

    @classmethod
    def below(cls, prefix: str, after: str = "") -> Range:
        """Those of a page.

        Raises:
            KeyRefused: the prefix is no key, and not empty; the same of `after`.
        """
        if after:
            checked_key(after)
        if not prefix:
            return cls(after, None)
        checked_key(prefix)
        return cls(max(prefix + DELIMITER, after), prefix + chr(ord(DELIMITER) + 1))


def above(key: str) -> Iterator[str]:
    """The prefixes that a key is below."""
    while key:
        key = key.rpartition(DELIMITER)[0]
        yield key


def checked_key(key: str) -> str:
    """The key, if it is one.

    Raises:
        KeyRefused: it is none.
    """
    if not 0 < len(key) <= LONGEST:
        raise KeyRefused(key, f"a key has 1 to {LONGEST:,} characters")
    if _CONTROL.search(key):
        raise KeyRefused(key, "a key has no control character, and no half of a surrogate pair")
    if not {"", ".", ".."}.isdisjoint(key.split(DELIMITER)):
        raise KeyRefused(key, f"no segment, between two {DELIMITER}, is empty, a . or a ..")
    return key


def checked_value(key: str, value: str) -> str:
    """The value, if every database can keep it.

    Raises:
        KeyRefused: it has a NUL, or half of a surrogate pair.
    """
    if _UNSTORABLE.search(value):
        raise KeyRefused(key, "its value has a NUL, or half of a surrogate pair: encode it")
    return value


def checked_seconds(key: str, seconds: float | None) -> float | None:
    """How long it is kept.

    Raises:
        KeyRefused: that is no time.
    """
    if seconds is not None and not 0 < seconds <= LONGEST_LIFE:
        raise KeyRefused(key, "expires_in is more than 0 seconds, and up to 100 years")
    return seconds
