"""`Greeted`: who was welcomed a moment ago, and did not come yet (D22)."""

from __future__ import annotations

from typing import Final

__all__ = ["Greeted"]

COMING: Final = 0.25
"""Seconds in which a client comes that was welcomed."""
MOST: Final = 1000
"""That are known; anybody can say hello, and as often as he likes."""


class Greeted:
    """By the names of their sessions."""

    def __init__(self) -> None:
        self._since: dict[tuple[str, str, int], float] = {}

    def add(self, name: tuple[str, str, int], now: float) -> None:
        """Somebody was welcomed."""
        since = self._since
        since.pop(name, None)
        while since and (len(since) >= MOST or now - since[next(iter(since))] > COMING):
            del since[next(iter(since))]
        since[name] = now

    def came(self, name: tuple[str, str, int]) -> None:
        """And has come."""
        self._since.pop(name, None)

    def expected(self, now: float) -> float:
        """Seconds in which the last of them comes; none, if nobody does."""
        last = next(reversed(self._since), None)
        return 0.0 if last is None else self._since[last] + COMING - now
