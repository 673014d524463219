"""Reading through a network that loses messages."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from fusionrt import RemoteUnavailable

__all__ = ["patiently"]

T = TypeVar("T")
TRIES = 10


async def patiently(read: Callable[[], Awaitable[T]]) -> T:
    """What is read at last. What cannot be proven in time fails, which says so (D7, D26); whoever
    asks again gets it.
    """
    for _ in range(TRIES):
        try:
            return await read()
        except RemoteUnavailable:
            await asyncio.sleep(0.1)
    return await read()
