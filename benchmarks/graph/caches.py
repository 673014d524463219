"""The caches that are compared, each around the same function, set up to be as fast as it can be.

The others have an explicit key where one can be given: to build the default one costs them more.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeVar

import aiocache
import cashews
from async_lru import alru_cache

from fusionrt import Graph

from .service import Numbers

__all__ = ["CACHES", "LRU_CACHE", "OURS", "PACKAGES", "Cache", "lru", "numbers"]

_N = TypeVar("_N", bound=Numbers)

Get = Callable[[int], Awaitable[int]]

OURS = "fusionrt"
LRU_CACHE = "functools.lru_cache"
PACKAGES = ("async-lru", "aiocache", "cashews")

ROOM = 2_000_000
"""Results that each cache has room for: none lets one go."""


@dataclass
class Cache:
    """A cached function that returns `n + 1` for `n`.

    again: invalidates its result and calls it.
    """

    get: Get
    again: Get


async def _plain(n: int) -> int:
    return n + 1


def numbers(cls: type[_N]) -> _N:
    """A service of its own graph."""
    service = cls()
    service._fusion.attach(Graph(max_computeds=ROOM))
    return service


def lru() -> Callable[[int], int]:
    """It is not awaited, and can't invalidate one result."""

    @lru_cache(maxsize=ROOM)
    def get(n: int) -> int:
        return n + 1

    return get


@asynccontextmanager
async def _ours() -> AsyncIterator[Cache]:
    service = numbers(Numbers)
    invalidate = service.invalidate.get

    async def again(n: int) -> int:
        invalidate(n)
        return await service.get(n)

    yield Cache(service.get, again)


@asynccontextmanager
async def _async_lru() -> AsyncIterator[Cache]:
    cached = alru_cache(maxsize=None)(_plain)
    get: Get = cached

    async def again(n: int) -> int:
        cached.cache_invalidate(n)
        return await get(n)

    yield Cache(get, again)


@asynccontextmanager
async def _aiocache() -> AsyncIterator[Cache]:
    cached = aiocache.cached(cache=aiocache.Cache.MEMORY, key_builder=lambda _, n: n)(_plain)
    get: Get = cached

    async def again(n: int) -> int:
        await cached.cache.delete(n)
        return await get(n)

    yield Cache(get, again)
    await cached.cache.clear()  # all of its caches share one dictionary


@asynccontextmanager
async def _cashews() -> AsyncIterator[Cache]:
    cache = cashews.Cache()
    cache.setup("mem://", size=ROOM)
    get: Get = cache(ttl=86_400, key="{n}")(_plain)

    async def again(n: int) -> int:
        await cache.delete(str(n))
        return await get(n)

    yield Cache(get, again)
    await cache.close()


CACHES: dict[str, Callable[[], AbstractAsyncContextManager[Cache]]] = {
    OURS: _ours,
    "async-lru": _async_lru,
    "aiocache": _aiocache,
    "cashews": _cashews,
}
