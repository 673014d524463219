"""What is counted: a client and a host of the same process, with a network in memory between."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

from fusionrt import Host
from fusionrt.transport.memory import MemoryNetwork

from ..rpc.generated.bench import BenchClient
from ..rpc.service import BenchHere
from .counter import Counting
from .local import of_a_graph
from .loop import InOrder

__all__ = ["count"]

_T = TypeVar("_T")
Way = Callable[[], Counting[_T]]
"""What is counted, and how."""

WORKERS = 200
ROUNDS = 3
HITS = 500
ITEMS = 2_000


def count(counting: Way[_T]) -> dict[str, _T]:
    """By what it is that was done."""
    with asyncio.Runner(loop_factory=InOrder) as runner:
        return runner.run(_count(counting))


async def _count(counting: Way[_T]) -> dict[str, _T]:
    async with _client() as client:
        return {
            "a call, one after the other": await _one_by_one(client, counting),
            f"a call, of {WORKERS} in lock-step": await _lock_step(
                lambda: client.sum(3, 4), counting
            ),
            f"a call whose body waits, of {WORKERS}": await _lock_step(
                lambda: client.sum_waiting(3, 4), counting
            ),
            "an item of a stream": await _items(client, counting),
            f"a cold compute call, of {WORKERS} at once": await _cold(client, counting),
            f"an invalidation of a replica, of {WORKERS} at once": await _invalidations(
                client, counting
            ),
            f"a stale compute call, of {WORKERS} at once": await _stale(client, counting),
            "a replica's hit": await _hits(client.value, counting),
        } | await of_a_graph(counting)


@asynccontextmanager
async def _client() -> AsyncIterator[BenchClient]:
    network = MemoryNetwork()
    async with (
        Host(transport=network.connect("host")) as host,
        Host(transport=network.connect("client")) as caller,
    ):
        await host.serve(BenchHere())
        yield caller.client(BenchClient)


async def _one_by_one(client: BenchClient, counting: Way[_T]) -> _T:
    await client.sum(3, 4)
    with counting() as counter:
        for _ in range(HITS):
            await client.sum(3, 4)
    return counter.each(HITS)


async def _lock_step(call: Callable[[], Awaitable[int]], counting: Way[_T]) -> _T:
    async def work(times: int) -> None:
        for _ in range(times):
            assert await call() == 7

    async def all_workers(times: int) -> None:
        await asyncio.gather(*(work(times) for _ in range(WORKERS)))

    await all_workers(1)
    with counting() as counter:
        await all_workers(ROUNDS)
    return counter.each(WORKERS * ROUNDS)


async def _items(client: BenchClient, counting: Way[_T]) -> _T:
    async for _ in client.items(10, 100):
        pass
    got = 0
    with counting() as counter:
        async for _ in client.items(ITEMS, 100):
            got += 1
    assert got == ITEMS
    return counter.each(ITEMS)


async def _cold(client: BenchClient, counting: Way[_T]) -> _T:
    await _read(client, range(WORKERS))
    with counting() as counter:
        await _read(client, range(WORKERS, 2 * WORKERS))
    return counter.each(WORKERS)


async def _invalidations(client: BenchClient, counting: Way[_T]) -> _T:
    with counting() as counter:
        await client.put_all(tuple(range(WORKERS)), 1)
        await _idle()
    assert all(client.peek.value(key) is None for key in range(WORKERS))
    return counter.each(WORKERS)


async def _idle() -> None:
    """Until everything that was sent has arrived, and was done."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, InOrder)
    await loop.idle()


async def _stale(client: BenchClient, counting: Way[_T]) -> _T:
    with counting() as counter:
        await _read(client, range(WORKERS))
    return counter.each(WORKERS)


async def _read(client: BenchClient, keys: range) -> None:
    await asyncio.gather(*(client.value(key) for key in keys))


async def _hits(value: Callable[[int], Awaitable[int]], counting: Way[_T]) -> _T:
    await value(1)
    with counting() as counter:
        for _ in range(HITS):
            await value(1)
    return counter.each(HITS)
