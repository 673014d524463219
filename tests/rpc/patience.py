"""Calling through a network that loses messages."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from fusionrt import RemoteUnavailable

__all__ = ["patiently"]

T = TypeVar("T")
TRIES = 10


async def patiently(call: Callable[[], Awaitable[T]]) -> T:
    """What it returns at last. A read that cannot be proven in time fails, which says so (D7, D26),
    as does a command whose host was lost before it answered (D13); whoever calls again gets it.

    call: a read, or a command that may run twice.
    """
    for _ in range(TRIES):
        try:
            return await call()
        except RemoteUnavailable:
            await asyncio.sleep(0.1)
    return await call()
