"""What is counted of a graph alone."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable

from ..graph.service import Numbers
from .counter import Count, Counter

__all__ = ["of_a_graph"]

NUMBER = 500


class _Reader(Numbers):
    """Its body reads what it is told to, twice: a first time makes the edge."""

    first = again = Count(0, 0)

    async def reader(self, n: int) -> int:
        self.first = await _reads(self.get, range(n))
        self.again = await _reads(self.get, range(n))
        return n


async def of_a_graph() -> dict[str, Count]:
    """By what it is that was done."""
    service = _Reader()
    await service.get(-1)
    misses = await _reads(service.get, range(NUMBER))
    for _ in range(2):
        hits = await _reads(service.get, range(NUMBER))
    assert await service.reader(NUMBER) == NUMBER
    return {
        "a miss": misses,
        "a hit": hits,
        "a hit in a body, with a new edge": service.first,
        "a hit in a body, with its edge": service.again,
        "a node of a deep cascade": await _deep(service),
        "a node of a wide cascade": await _wide(service),
    }


async def _reads(get: Callable[[int], Awaitable[int]], keys: Iterable[int]) -> Count:
    with Counter() as counter:
        for key in keys:
            await get(key)
    return counter.each(NUMBER)


async def _deep(service: Numbers) -> Count:
    assert await service.chain(NUMBER - 1) == NUMBER
    with Counter() as counter:
        service.invalidate.chain(0)
    assert not service._fusion.function("chain").table
    return counter.each(NUMBER)


async def _wide(service: Numbers) -> Count:
    for n in range(NUMBER):
        await service.fan(n)
    with Counter() as counter:
        service.invalidate.get(0)
    assert not service._fusion.function("fan").table
    return counter.each(NUMBER)
