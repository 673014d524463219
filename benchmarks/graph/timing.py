"""How things are measured: nanoseconds of processor time, and bytes, of one call.

Every measurement loops over the same keys, does the same sum and checks it, so that nothing can be
skipped.
"""

from __future__ import annotations

import asyncio
import gc
import time
import tracemalloc
from collections.abc import Awaitable, Callable

__all__ = ["FRESH", "HITS", "KEYS", "bytes_of", "time_awaits", "time_calls", "time_plain_calls"]

KEYS = range(1_000)
"""Of a measurement of hits."""
HITS = 20
"""Rounds over these keys."""
FRESH = range(20_000)
"""The keys of a measurement of misses."""


def time_plain_calls(get: Callable[[int], int], keys: range, loops: int = 1) -> float:
    """The nanoseconds of a call, of a function that returns `n + 1` for `n`."""
    gc.collect()
    total = 0
    began = time.process_time_ns()
    for _ in range(loops):
        for key in keys:
            total += get(key)
    taken = time.process_time_ns() - began
    assert total == loops * _sum(keys)
    return taken / (loops * len(keys))


async def time_calls(get: Callable[[int], Awaitable[int]], keys: range, loops: int = 1) -> float:
    """The same of a function that is awaited."""
    gc.collect()
    total = 0
    began = time.process_time_ns()
    for _ in range(loops):
        for key in keys:
            total += await get(key)
    taken = time.process_time_ns() - began
    assert total == loops * _sum(keys)
    return taken / (loops * len(keys))


async def time_awaits(get: Callable[[int], Awaitable[int]], key: int, loops: int) -> float:
    """The same of one key."""
    wanted = await get(key)
    gc.collect()
    total = 0
    began = time.process_time_ns()
    for _ in range(loops):
        total += await get(key)
    taken = time.process_time_ns() - began
    assert total == loops * wanted
    return taken / loops


async def bytes_of(get: Callable[[int], Awaitable[int]]) -> float:
    """The bytes that a cached result takes, with its value, without its argument."""
    keys = list(FRESH)
    await get(-1)
    gc.collect()
    tracemalloc.start()
    total = 0
    for key in keys:
        total += await get(key)
    await asyncio.sleep(0)  # the loop lets go of timers that were cancelled
    grown, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert total == _sum(FRESH)
    return grown / len(keys)


def _sum(keys: range) -> int:
    return sum(key + 1 for key in keys)
