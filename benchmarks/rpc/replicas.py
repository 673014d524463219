"""What only our client can do: compute calls, which are cached, and learn that they changed."""

from __future__ import annotations

import asyncio
import statistics
import time
from array import array
from collections.abc import Awaitable, Callable, Iterable
from functools import partial
from itertools import count

import nats
from nats.aio.msg import Msg

from .generated.bench import BenchClient
from .patterns import Found, Refusals, at_once
from .service import BenchHere

__all__ = ["cold", "command", "hits", "stale", "watch"]

KEY = -1
"""What is watched while commands change it."""
FIRST = -1
"""The value that it has at first, and at no other time."""
KEYS = range(1_000)
LOOPS = 50
"""Rounds over these keys, in a measurement of hits."""
SEEN = "bench.seen"
"""Where the process that watches tells the other one to go on."""

_fresh = count(1_000_000)
_versions = count(1)


async def cold(client: BenchClient, number: int, times: int) -> Found:
    """So many compute calls at once, none of which was made before."""
    refusals = Refusals()
    seconds = [await _cold(client, number, refusals) for _ in range(times)]
    return {"seconds": statistics.median(seconds), "refused": refusals.count}


async def _cold(client: BenchClient, number: int, refusals: Refusals) -> float:
    keys = [next(_fresh) for _ in range(number)]
    return await at_once([partial(client.value, key) for key in keys], refusals)


async def stale(client: BenchClient, number: int, times: int) -> Found:
    """The same of results that were cached, each invalidated once."""
    keys = tuple(range(2_000_000, 2_000_000 + number))
    await at_once([partial(client.value, key) for key in keys], Refusals())
    refusals = Refusals()
    seconds = [await _stale(client, keys, refusals) for _ in range(times)]
    return {"seconds": statistics.median(seconds), "refused": refusals.count}


async def _stale(client: BenchClient, keys: tuple[int, ...], refusals: Refusals) -> float:
    version = next(_versions)
    before = [await client.computed.value(key) for key in keys]
    await client.put_all(keys, version)
    for each in before:
        await each.invalidated()
    del before
    taken = await at_once([partial(client.value, key) for key in keys], refusals)
    assert [await client.value(key) for key in keys] == [version] * len(keys)
    return taken


async def hits(client: BenchClient, times: int) -> Found:
    """The processor time of a hit: of a replica, and of a service in the same process."""
    local = BenchHere()
    replica, here = [], []
    for _ in range(times):
        replica.append(await _hits(client.value, KEYS))
        here.append(await _hits(local.value, KEYS))
    return {"replica": statistics.median(replica), "local": statistics.median(here)}


async def _hits(value: Callable[[int], Awaitable[int]], keys: Iterable[int]) -> float:
    for key in keys:
        await value(key)
    total = 0
    began = time.process_time()
    for _ in range(LOOPS):
        for key in keys:
            total += await value(key)
    taken = time.process_time() - began
    assert total == 0
    return taken / (LOOPS * len(KEYS))


async def watch(client: BenchClient, url: str, number: int) -> Found:
    """From the first value on until so many others were seen; tells of each."""
    connection = await nats.connect(url)
    begun = False
    async for computed in client.changes.value(KEY):
        await connection.publish(SEEN, f"{computed.value} {time.perf_counter()!r}".encode())
        await connection.flush()
        begun = begun or computed.value == FIRST
        if begun and computed.value == FIRST + number:
            break
    await connection.close()
    return {}


async def command(client: BenchClient, url: str, number: int) -> Found:
    """The time from a command to when another process, which watches, has the new value.

    One after the other. The clock is the machine's: both processes read the same.
    """
    connection = await nats.connect(url)
    told: asyncio.Queue[tuple[int, float]] = asyncio.Queue()

    async def hear(message: Msg) -> None:
        value, moment = message.data.split()
        told.put_nowait((int(value), float(moment)))

    await connection.subscribe(SEEN, cb=hear)
    await connection.flush()
    await client.put(KEY, FIRST)  # whichever of the two is ready first
    while (await told.get())[0] != FIRST:
        pass
    latencies = array("d")
    for value in range(FIRST + 1, FIRST + number + 1):
        began = time.perf_counter()
        await client.put(KEY, value)
        seen, moment = await told.get()
        assert seen == value
        latencies.append(moment - began)
    await connection.close()
    return {"seconds": statistics.median(latencies)}
