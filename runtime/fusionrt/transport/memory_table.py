"""Tables of the broker in memory, with the faults of its network."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING

from .table import Entry, Outdated

if TYPE_CHECKING:
    from .memory import MemoryTransport

__all__ = ["MemoryStore", "MemoryTable"]


class MemoryStore:
    """A table, at the broker."""

    def __init__(self) -> None:
        self.entries: dict[str, Entry] = {}
        self.followers: dict[MemoryTable, None] = {}
        self._revision = 0

    def change(self, key: str, value: bytes | None, last: int) -> int | None:
        """The new revision, and everyone is told; None: `last` is not the newest."""
        known = self.entries.get(key)
        if last != (0 if known is None else known.revision):
            return None
        self._revision += 1
        if value is None:
            self.entries.pop(key, None)
        else:
            self.entries[key] = Entry(value, self._revision)
        for follower in self.followers:
            follower.tell()
        return self._revision


class MemoryTable:
    """See `Table`. While its client is cut off it sees what it saw last."""

    def __init__(self, store: MemoryStore, transport: MemoryTransport) -> None:
        self._store = store
        self._transport = transport
        self._entries: dict[str, Entry] = {}
        self._on_change: Callable[[], None] = lambda: None

    @property
    def entries(self) -> Mapping[str, Entry]:
        """See `Table`."""
        return self._entries

    async def open(self, on_change: Callable[[], None]) -> None:
        """See `Table`."""
        await self._transport.asked(lambda: None)
        self._on_change = on_change
        self._store.followers[self] = None
        self.tell()
        await self._transport.asked(lambda: None)

    async def close(self) -> None:
        """See `Table`."""
        self._store.followers.pop(self, None)

    async def put(self, key: str, value: bytes, last: int) -> int:
        """See `Table`."""
        return await self._change(key, value, last)

    async def delete(self, key: str, last: int) -> None:
        """See `Table`."""
        await self._change(key, None, last)

    async def _change(self, key: str, value: bytes | None, last: int) -> int:
        revision = await self._transport.asked(partial(self._store.change, key, value, last))
        if revision is None:
            await self._transport.asked(lambda: None)  # what it is now was told before this answer
            raise Outdated(key)
        return revision

    def tell(self) -> None:
        """Let this client see the table as it is now."""
        self._transport.hear(partial(self._told, dict(self._store.entries)))

    def _told(self, entries: dict[str, Entry]) -> None:
        if self in self._store.followers:
            self._entries = entries
            self._on_change()
