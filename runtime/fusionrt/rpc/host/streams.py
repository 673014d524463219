"""`OpenStreams`: how many streams of a service may be open at a time (D27)."""

from __future__ import annotations

import asyncio

__all__ = ["OpenStreams"]


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
