"""`Store`: what all implementations of `KeyValueStore` have in common."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Final, TypeAlias

from ..contract import ANY
from ..errors import KeyRefused
from ..graph import current
from .generated.key_value_store import KeyValueStoreService
from .keys import Range, above, checked_key, checked_seconds, checked_value

__all__ = ["Seconds", "Store"]

Seconds: TypeAlias = float | None
"""How long from now something is as it is; None means for ever."""

SOONEST: Final = 0.001
"""Seconds; the clocks of a process and of its database may differ by as much."""


MOST: Final = 100_000
"""Keys of one page."""


class Store(KeyValueStoreService):
    """Checks and invalidates; where entries are kept is for its subclasses to say. Entries whose
    time is over are not there to them.
    """

    async def get(self, key: str) -> str | None:
        found = await self._entry(checked_key(key))
        if found is None:
            return None
        value, left = found
        _changes_in(left)
        return value

    async def list(
        self, prefix: str = "", *, after: str = "", limit: int = 1000
    ) -> tuple[str, ...]:
        if not 1 <= limit <= MOST:
            raise KeyRefused(prefix, f"a limit is 1 to {MOST:,}")
        found = await self._keys(Range.below(prefix, after), limit)
        for _, left in found:
            _changes_in(left)
        return tuple(key for key, _ in found)

    async def count(self, prefix: str = "") -> int:
        count, left = await self._count(Range.below(prefix))
        _changes_in(left)
        return count

    async def set(self, key: str, value: str, *, expires_in: float | None = None) -> None:
        checked_seconds(checked_key(key), expires_in)
        self._invalidate_above(key)
        await self._set(key, checked_value(key, value), expires_in)

    async def remove(self, key: str) -> None:
        self._invalidate_above(checked_key(key))
        await self._remove(key)

    def _invalidate_above(self, key: str) -> None:
        for prefix in above(key):
            self.invalidate.list(prefix, after=ANY, limit=ANY)
            self.invalidate.count(prefix)

    @abstractmethod
    async def _entry(self, key: str) -> tuple[str, Seconds] | None: ...

    @abstractmethod
    async def _keys(self, range: Range, limit: int) -> Sequence[tuple[str, Seconds]]: ...

    @abstractmethod
    async def _count(self, range: Range) -> tuple[int, Seconds]:
        """And how long it is so many."""

    @abstractmethod
    async def _set(self, key: str, value: str, expires_in: Seconds) -> None: ...

    @abstractmethod
    async def _remove(self, key: str) -> None: ...


def _changes_in(left: Seconds) -> None:
    """What the running body makes is stale when that time is over."""
    if left is not None:
        current().invalidate_in(max(left, SOONEST))
