"""A caller that leaves while what it asked for is being stored (O3)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any, ParamSpec, TypeVar

__all__ = ["Slow"]

_P = ParamSpec("_P")
_T = TypeVar("_T")


@dataclass
class Slow:
    """What is `slowed` begins, and does not go on until a caller has left."""

    begun: asyncio.Event = field(default_factory=asyncio.Event)
    may_end: asyncio.Event = field(default_factory=asyncio.Event)

    def slowed(
        self, function: Callable[_P, Awaitable[_T]]
    ) -> Callable[_P, Coroutine[Any, Any, _T]]:
        """The same, slowly."""

        async def slowly(*args: _P.args, **kwargs: _P.kwargs) -> _T:
            self.begun.set()
            await self.may_end.wait()
            return await function(*args, **kwargs)

        return slowly

    async def leave(self, command: asyncio.Task[Any]) -> None:
        """Give the command up again and again, which does not end it before its time."""
        await self.begun.wait()
        for _ in range(3):
            command.cancel()
            await asyncio.sleep(0.01)
        assert not command.done()
        self.may_end.set()
        await asyncio.wait({command})
        assert command.cancelled()
