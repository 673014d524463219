"""`KeyValueStoreInMemory`: entries of one process, gone with it."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Final, NamedTuple

from ..primitives import now
from .keys import Range
from .store import Seconds, Store

__all__ = ["KeyValueStoreInMemory"]

FEW: Final = 64
"""Entries that are not worth a look."""


class _Entry(NamedTuple):
    value: str
    end: float | None

    @property
    def left(self) -> Seconds:
        return None if self.end is None else self.end - now()

    @property
    def is_over(self) -> bool:
        return self.end is not None and self.end <= now()


class KeyValueStoreInMemory(Store):
    """For tests, and for what need not outlive the process. One host serves it."""

    def __init__(self) -> None:
        self._entries: Final[dict[str, _Entry]] = {}
        self._ordered: Final[list[str]] = []
        self._most = FEW
        """Entries until those are looked for whose time is over."""

    async def _entry(self, key: str) -> tuple[str, Seconds] | None:
        entry = self._entries.get(key)
        return None if entry is None or entry.is_over else (entry.value, entry.left)

    async def _keys(self, range: Range, limit: int) -> Sequence[tuple[str, Seconds]]:
        return [*islice(self._within(range), limit)]

    async def _count(self, range: Range) -> tuple[int, Seconds]:
        lives = [left for _, left in self._within(range)]
        return len(lives), min((left for left in lives if left is not None), default=None)

    async def _set(self, key: str, value: str, expires_in: Seconds) -> None:
        if key not in self._entries:
            self._make_room()
            insort(self._ordered, key)
        self._entries[key] = _Entry(value, None if expires_in is None else now() + expires_in)

    async def _remove(self, key: str) -> None:
        if self._entries.pop(key, None) is not None:
            del self._ordered[bisect_left(self._ordered, key)]

    def _within(self, range: Range) -> Iterator[tuple[str, Seconds]]:
        first = bisect_right(self._ordered, range.first)
        last = None if range.last is None else bisect_left(self._ordered, range.last)
        for key in self._ordered[first:last]:
            entry = self._entries[key]
            if not entry.is_over:
                yield key, entry.left

    def _make_room(self) -> None:
        """Forget what is over, whenever there is twice as much as was left by the last time."""
        if len(self._entries) < self._most:
            return
        for key in [key for key, entry in self._entries.items() if entry.is_over]:
            del self._entries[key]
        self._ordered[:] = sorted(self._entries)
        self._most = max(FEW, 2 * len(self._entries))
