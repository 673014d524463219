"""What is counted: a client and a host of the same process, with a network in memory between."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from fusionrt import Host
from fusionrt.transport.memory import MemoryNetwork

from ..rpc.generated.bench import BenchClient
from ..rpc.service import BenchHere
from .counter import Count, Counter
from .local import of_a_graph
from .loop import InOrder

__all__ = ["count"]

WORKERS = 200
ROUNDS = 3
HITS = 500
ITEMS = 2_000


def count() -> dict[str, Count]:
    """By what it is that was done."""
    with asyncio.Runner(loop_factory=InOrder) as runner:
        return runner.run(_count())


async def _count() -> dict[str, Count]:
    async with _client() as client:
        return {
            "a call, one after the other": await _one_by_one(client),
            f"a call, of {WORKERS} in lock-step": await _lock_step(lambda: client.sum(3, 4)),
            f"a call whose body waits, of {WORKERS}": await _lock_step(
                lambda: client.sum_waiting(3, 4)
            ),
            "an item of a stream": await _items(client),
            f"a cold compute call, of {WORKERS} at once": await _cold(client),
            f"an invalidation of a replica, of {WORKERS} at once": await _invalidations(client),
            f"a stale compute call, of {WORKERS} at once": await _stale(client),
            "a replica's hit": await _hits(client.value),
        } | await of_a_graph()


@asynccontextmanager
async def _client() -> AsyncIterator[BenchClient]:
    network = MemoryNetwork()
    async with (
        Host(transport=network.connect("host")) as host,
        Host(transport=network.connect("client")) as caller,
    ):
        await host.serve(BenchHere())
        yield caller.client(BenchClient)


async def _one_by_one(client: BenchClient) -> Count:
    await client.sum(3, 4)
    with Counter() as counter:
        for _ in range(HITS):
            await client.sum(3, 4)
    return counter.each(HITS)


async def _lock_step(call: Callable[[], Awaitable[int]]) -> Count:
    async def work(times: int) -> None:
        for _ in range(times):
            assert await call() == 7

    async def all_workers(times: int) -> None:
        await asyncio.gather(*(work(times) for _ in range(WORKERS)))

    await all_workers(1)
    with Counter() as counter:
        await all_workers(ROUNDS)
    return counter.each(WORKERS * ROUNDS)


async def _items(client: BenchClient) -> Count:
    async for _ in client.items(10, 100):
        pass
    got = 0
    with Counter() as counter:
        async for _ in client.items(ITEMS, 100):
            got += 1
    assert got == ITEMS
    return counter.each(ITEMS)


async def _cold(client: BenchClient) -> Count:
    await _read(client, range(WORKERS))
    with Counter() as counter:
        await _read(client, range(WORKERS, 2 * WORKERS))
    return counter.each(WORKERS)


async def _invalidations(client: BenchClient) -> Count:
    with Counter() as counter:
        await client.put_all(tuple(range(WORKERS)), 1)
        await _idle()
    assert all(client.peek.value(key) is None for key in range(WORKERS))
    return counter.each(WORKERS)


async def _idle() -> None:
    """Until everything that was sent has arrived, and was done."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, InOrder)
    await loop.idle()


async def _stale(client: BenchClient) -> Count:
    with Counter() as counter:
        await _read(client, range(WORKERS))
    return counter.each(WORKERS)


async def _read(client: BenchClient, keys: range) -> None:
    await asyncio.gather(*(client.value(key) for key in keys))


async def _hits(value: Callable[[int], Awaitable[int]]) -> Count:
    await value(1)
    with Counter() as counter:
        for _ in range(HITS):
            await value(1)
    return counter.each(HITS)
