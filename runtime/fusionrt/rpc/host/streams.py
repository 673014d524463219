"""Streams of a host: how many are open (D27), and what their callers send with them (D18, D19)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from ...wire.host import HostSession
from ..inbox import Inbox

__all__ = ["Arriving", "OpenStreams"]


class OpenStreams:
    """Of all clients together. They take no place of a running call: most of them wait for
    something to tell, some for ever.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._tasks: set[asyncio.Task[None]] = set()

    def __len__(self) -> int:
        return len(self._tasks)

    @property
    def full(self) -> bool:
        """Whether another one must be refused."""
        return len(self._tasks) >= self._most

    def add(self, task: asyncio.Task[None]) -> None:
        """The task of one; it counts until it has ended."""
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


class Arriving(Inbox):
    """What a caller sends with a stream call; asked for when its body begins to read."""

    def __init__(self, id: int, wire: HostSession, changed: Callable[[], None]) -> None:
        super().__init__()
        self._id: Final = id
        self._wire: Final = wire
        self._changed: Final = changed

    async def wait(self) -> None:
        self._wire.want(self._id)
        self._changed()
        await super().wait()

    def consumed(self, index: int) -> None:
        if self._wire.consumed(self._id, index):
            self._changed()

    def left(self) -> None:
        self._wire.unread(self._id)
        self._changed()
