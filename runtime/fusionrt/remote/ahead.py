"""`Watched`: a result that somebody watches: the next one is asked for before it is stale."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any, Final

from ..graph import Computed
from ..primitives import run_in_loop
from ..rpc import Ahead, Registration

__all__ = ["Watched", "Watching"]


class Watched:
    """One key of a compute method, as long as there are watchers of it. While one of them waits,
    the call that it would make when the result is stale is made ahead.
    """

    __slots__ = ("__weakref__", "_ahead", "_ask", "_loop", "_tie", "_waiting")

    def __init__(
        self, ask: Callable[[Registration], Ahead | None], loop: asyncio.AbstractEventLoop
    ) -> None:
        """ask: makes the call that comes after a result."""
        self._ask: Final = ask
        self._loop: Final = loop
        self._ahead: Ahead | None = None
        self._tie: Registration | None = None
        """Of its newest replica with a host."""
        self._waiting = 0

    def waits(self) -> None:
        """A watcher waits for what is new."""
        self._waiting += 1
        if self._tie is not None and (self._ahead is None or self._ahead.answer.cancelled()):
            self._ahead = self._ask(self._tie)

    def left(self) -> None:
        """It waits no longer; or the collector, in any thread, found that nobody did."""
        run_in_loop(self._loop, self._left)

    def _left(self) -> None:
        self._waiting -= 1
        if not self._waiting and self._ahead is not None:
            self._ahead.give_up()
            self._ahead = None

    def replaced(self, tie: Registration) -> Ahead | None:
        """A new replica is made: the call for it, if that was made ahead."""
        self._tie = tie
        ahead, self._ahead = self._ahead, None
        return ahead


class Watching(AsyncIterator[Computed[Any]]):
    """Changes of what is watched."""

    def __init__(self, changes: AsyncIterator[Computed[Any]], watched: Watched) -> None:
        self._changes: Final = changes
        self._watched: Final = watched

    async def __anext__(self) -> Computed[Any]:
        try:
            self._watched.waits()
            return await anext(self._changes)
        finally:
            self._watched.left()
