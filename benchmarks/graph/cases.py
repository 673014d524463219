"""What is measured: each function does one round of its work and returns the nanoseconds of
processor time that one operation took.

Every round checks what it computed, so that nothing can be skipped. All rounds of one kind loop
over the same keys and do the same sum.
"""

from __future__ import annotations

import gc
import time
import tracemalloc
from collections.abc import Awaitable, Callable, Iterable
from functools import lru_cache

from async_lru import alru_cache

from fusionrt import Graph

from .service import Numbers

__all__ = ["CASES", "MEMORY"]

KEYS = range(1_000)
LOOPS = 100
"""Rounds over the keys for a measurement of hits."""
FRESH = 20_000
"""Keys for a measurement of misses."""
DEEP = 100_000
WIDE = 1_000_000


def _numbers() -> Numbers:
    """A service whose graph lets nothing go."""
    numbers = Numbers()
    numbers._fusion.attach(Graph(max_computeds=2 * WIDE))
    return numbers


def _expected(keys: Iterable[int]) -> int:
    return sum(n + 1 for n in keys)


async def _plain(n: int) -> int:
    return n + 1


def _lru() -> Callable[[int], int]:
    @lru_cache(maxsize=2 * FRESH)
    def get(n: int) -> int:
        return n + 1

    return get


def _async_lru() -> Callable[[int], Awaitable[int]]:
    @alru_cache(maxsize=None)
    async def get(n: int) -> int:
        return n + 1

    return get


def _time_sync(get: Callable[[int], int], keys: range, loops: int) -> float:
    gc.collect()
    total = 0
    began = time.process_time_ns()
    for _ in range(loops):
        for key in keys:
            total += get(key)
    taken = time.process_time_ns() - began
    assert total == loops * _expected(keys)
    return taken / (loops * len(keys))


async def _time(get: Callable[[int], Awaitable[int]], keys: range, loops: int) -> float:
    gc.collect()
    total = 0
    began = time.process_time_ns()
    for _ in range(loops):
        for key in keys:
            total += await get(key)
    taken = time.process_time_ns() - began
    assert total == loops * _expected(keys)
    return taken / (loops * len(keys))


async def plain_call() -> float:
    return await _time(_plain, KEYS, LOOPS)


async def lru_hit() -> float:
    get = _lru()
    _time_sync(get, KEYS, 1)
    return _time_sync(get, KEYS, LOOPS)


async def async_lru_hit() -> float:
    get = _async_lru()
    await _time(get, KEYS, 1)
    return await _time(get, KEYS, LOOPS)


async def hit() -> float:
    numbers = _numbers()
    await _time(numbers.get, KEYS, 2)
    return await _time(numbers.get, KEYS, LOOPS)


class _Reader(Numbers):
    """Its body `reader(n)` reads every key n times."""

    async def reader(self, n: int) -> int:
        self.taken = await _time(self.get, KEYS, n)
        return n


async def hit_in_body() -> float:
    """Each key many times: nearly every hit finds its edge made."""
    numbers = _Reader()
    await _time(numbers.get, KEYS, 2)
    assert await numbers.reader(LOOPS) == LOOPS
    return numbers.taken


async def hit_with_new_edge() -> float:
    """Each key once: every hit makes an edge."""
    numbers = _Reader()
    await _time(numbers.get, KEYS, 2)
    taken = 0.0
    for _ in range(LOOPS):
        assert await numbers.reader(1) == 1
        taken += numbers.taken
        numbers.invalidate.reader(1)
    return taken / LOOPS


async def lru_miss() -> float:
    return _time_sync(_lru(), range(FRESH), 1)


async def async_lru_miss() -> float:
    return await _time(_async_lru(), range(FRESH), 1)


async def miss() -> float:
    numbers = _numbers()
    await numbers.get(-1)
    return await _time(numbers.get, range(FRESH), 1)


async def async_lru_recompute() -> float:
    get = alru_cache(maxsize=None)(_plain)
    await _time(get, range(FRESH), 1)

    async def again(n: int) -> int:
        get.cache_invalidate(n)
        return await get(n)

    return await _time(again, range(FRESH), 1)


async def recompute() -> float:
    numbers = _numbers()
    await _time(numbers.get, range(FRESH), 1)
    invalidate = numbers.invalidate.get

    async def again(n: int) -> int:
        invalidate(n)
        return await numbers.get(n)

    return await _time(again, range(FRESH), 1)


def _count(numbers: Numbers, method: str) -> int:
    return len(numbers._fusion.function(method).table)


async def cold_chain() -> float:
    numbers = _numbers()
    gc.collect()
    began = time.process_time_ns()
    assert await numbers.chain(DEEP - 1) == DEEP
    return (time.process_time_ns() - began) / DEEP


async def deep_cascade() -> float:
    numbers = _numbers()
    assert await numbers.chain(DEEP - 1) == DEEP
    gc.collect()
    began = time.process_time_ns()
    numbers.invalidate.chain(0)
    taken = time.process_time_ns() - began
    assert _count(numbers, "chain") == 0
    return taken / DEEP


async def wide_cascade() -> float:
    numbers = _numbers()
    for n in range(WIDE):
        await numbers.fan(n)
    assert _count(numbers, "fan") == WIDE
    gc.collect()
    began = time.process_time_ns()
    numbers.invalidate.get(0)
    taken = time.process_time_ns() - began
    assert _count(numbers, "fan") == 0
    return taken / WIDE


CASES: dict[str, tuple[int, Callable[[], Awaitable[float]]]] = {
    "await of a plain `async def`": (7, plain_call),
    "hit, functools.lru_cache (no await)": (7, lru_hit),
    "hit, async-lru": (7, async_lru_hit),
    "**hit**": (7, hit),
    "**hit in a body**": (7, hit_in_body),
    "**hit in a body, with a new edge**": (7, hit_with_new_edge),
    "miss, functools.lru_cache (no await)": (7, lru_miss),
    "miss, async-lru": (7, async_lru_miss),
    "**miss**": (7, miss),
    "invalidate and recompute, async-lru": (7, async_lru_recompute),
    "**invalidate and recompute**": (7, recompute),
    "**cold chain, 100,000 deep**, a node": (3, cold_chain),
    "**cascade, 100,000 deep**, a node": (3, deep_cascade),
    "**cascade, 1,000,000 wide**, a node": (3, wide_cascade),
}
"""Each with the number of its rounds."""


async def _grown(get: Callable[[int], Awaitable[int]]) -> float:
    """The bytes that an entry of a cache takes, with its value, without its argument."""
    keys = list(range(FRESH))
    await get(-1)
    gc.collect()
    tracemalloc.start()
    total = 0
    for key in keys:
        total += await get(key)
    grown, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert total == _expected(keys)
    return grown / FRESH


async def lru_memory() -> float:
    get = _lru()

    async def call(n: int) -> int:
        return get(n)

    return await _grown(call)


async def async_lru_memory() -> float:
    return await _grown(_async_lru())


async def memory() -> float:
    return await _grown(_numbers().get)


async def memory_with_edge() -> float:
    return await _grown(_numbers().fan)


MEMORY: dict[str, Callable[[], Awaitable[float]]] = {
    "functools.lru_cache": lru_memory,
    "async-lru": async_lru_memory,
    "**computed**": memory,
    "**computed with a dependency**": memory_with_edge,
}
