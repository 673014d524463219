"""Waiting for conditions: no test sleeps and hopes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

__all__ = ["until"]


async def until(condition: Callable[[], object], *, within: float = 10.0) -> None:
    """Return when the condition holds; fail after `within` seconds."""
    try:
        async with asyncio.timeout(within):
            while not condition():  # noqa: ASYNC110 - a condition has no event
                await asyncio.sleep(0.002)
    except TimeoutError:
        raise AssertionError("the condition did not come true in time") from None
