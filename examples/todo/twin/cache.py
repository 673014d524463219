"""`Cache`: what was read, until somebody says that it has changed."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from typing import Any, TypeVar

T = TypeVar("T")

TTL = 60.0
"""Seconds after which a value is read again: for what was said and never heard."""
MOST = 100_000
"""Values; then all are dropped."""


class Cache:
    """A value is the task that reads it: who asks meanwhile waits for the same one."""

    def __init__(self) -> None:
        self._reads: dict[str, asyncio.Task[Any]] = {}
        self._watchers: defaultdict[str, set[asyncio.Event]] = defaultdict(set)

    async def get(self, key: str, read: Callable[[], Awaitable[T]]) -> T:
        """The value of a key; errors are not kept."""
        task = self._reads.get(key)
        if task is None:
            if len(self._reads) >= MOST:
                self._reads.clear()
            task = self._reads[key] = asyncio.ensure_future(read())
            task.add_done_callback(lambda done: self._has_read(key, done))
        value: T = await asyncio.shield(task)
        return value

    def drop(self, keys: Iterable[str]) -> None:
        """These have changed: a read that has begun is not kept either."""
        for key in keys:
            self._reads.pop(key, None)
            for event in self._watchers.get(key, ()):
                event.set()

    def drop_all(self) -> None:
        """Anything may have changed."""
        self.drop([*self._reads, *self._watchers])

    async def changes(self, key: str) -> AsyncIterator[None]:
        """Now, and whenever the key was dropped."""
        changed = asyncio.Event()
        self._watchers[key].add(changed)
        try:
            while True:
                changed.clear()
                yield
                await changed.wait()
        finally:
            self._watchers[key].discard(changed)
            if not self._watchers[key]:
                del self._watchers[key]

    def _has_read(self, key: str, task: asyncio.Task[Any]) -> None:
        if task.cancelled() or task.exception() is not None:
            self._forget(key, task)
        else:
            asyncio.get_running_loop().call_later(TTL, self._forget, key, task)

    def _forget(self, key: str, task: asyncio.Task[Any]) -> None:
        if self._reads.get(key) is task:
            self.drop([key])
