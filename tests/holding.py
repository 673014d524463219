"""Holding somebody where he is, until others have done what they are to do."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

__all__ = ["Hold", "held"]


class Hold:
    """Somebody is held at a place, until he may go on."""

    def __init__(self) -> None:
        self.reached = asyncio.Event()
        self._go = asyncio.Event()

    async def reached_by(self, task: asyncio.Future[Any]) -> None:
        """Return when it is there; raise what it raises if it never comes."""
        reached = asyncio.ensure_future(self.reached.wait())
        await asyncio.wait({task, reached}, return_when=asyncio.FIRST_COMPLETED)
        if not self.reached.is_set():
            reached.cancel()
            raise AssertionError(f"it ended before it came there: {await task!r}")

    def go_on(self) -> None:
        """From there."""
        self._go.set()

    async def here(self) -> None:
        """Be held; only the first one is."""
        if not self.reached.is_set():
            self.reached.set()
            await self._go.wait()


@contextmanager
def held(owner: object, name: str, *, after: bool = False) -> Iterator[Hold]:
    """Hold whoever calls this async method next, before it begins or after it has ended.

    owner: an object, or a class for all of its objects.
    """
    method, hold = getattr(owner, name), Hold()

    async def holds(*arguments: Any) -> Any:
        if after:
            result = await method(*arguments)
            await hold.here()
            return result
        await hold.here()
        return await method(*arguments)

    with patch.object(owner, name, holds):
        yield hold
