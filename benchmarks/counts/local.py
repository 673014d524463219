"""What is counted of a graph alone."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from typing import Any, TypeVar

from ..graph.service import Numbers
from .counter import Counting

__all__ = ["of_a_graph"]

_T = TypeVar("_T")

NUMBER = 500


class _Reader(Numbers):
    """Its body reads what it is told to, twice: a first time makes the edge."""

    counting: Callable[[], Counting[Any]]
    first: Any
    again: Any

    async def reader(self, n: int) -> int:
        self.first = await _reads(self.get, range(n), self.counting)
        self.again = await _reads(self.get, range(n), self.counting)
        return n


async def of_a_graph(counting: Callable[[], Counting[_T]]) -> dict[str, _T]:
    """By what it is that was done."""
    service = _Reader()
    service.counting = counting
    await service.get(-1)
    misses = await _reads(service.get, range(NUMBER), counting)
    for _ in range(2):
        hits = await _reads(service.get, range(NUMBER), counting)
    assert await service.reader(NUMBER) == NUMBER
    return {
        "a miss": misses,
        "a hit": hits,
        "a hit in a body, with a new edge": service.first,
        "a hit in a body, with its edge": service.again,
        "a node of a deep cascade": await _deep(service, counting),
        "a node of a wide cascade": await _wide(service, counting),
    }


async def _reads(
    get: Callable[[int], Awaitable[int]], keys: Iterable[int], counting: Callable[[], Counting[_T]]
) -> _T:
    with counting() as counter:
        for key in keys:
            await get(key)
    return counter.each(NUMBER)


async def _deep(service: Numbers, counting: Callable[[], Counting[_T]]) -> _T:
    assert await service.chain(NUMBER - 1) == NUMBER
    with counting() as counter:
        service.invalidate.chain(0)
    assert not service._fusion.function("chain").table
    return counter.each(NUMBER)


async def _wide(service: Numbers, counting: Callable[[], Counting[_T]]) -> _T:
    for n in range(NUMBER):
        await service.fan(n)
    with counting() as counter:
        service.invalidate.get(0)
    assert not service._fusion.function("fan").table
    return counter.each(NUMBER)
