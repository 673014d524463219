"""The ways in which calls are made; each tells what it measured, by name.

rate: a second. p50, p99: seconds. client, host, broker: seconds of processor time for each call.
"""

from __future__ import annotations

import asyncio
import gc
import statistics
import time
from array import array
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from .clocks import used
from .peers import Call, Client

__all__ = ["Found", "at_once", "burst", "closed", "first_item", "open_loop", "stream"]

Found = dict[str, float]

WARM_UP = 0.2
"""The part of a measurement's time that its warm-up takes."""
TICK = 0.002
"""Seconds that a timer of asyncio may be late by itself."""


@contextmanager
def _processors(processes: Mapping[str, int]) -> Iterator[Callable[[int], Found]]:
    """Gives what tells the processor time of one, out of so many, when the block has ended."""
    gc.collect()
    before = used(processes)
    after = before
    yield lambda count: {name: (after[name] - before[name]) / count for name in before}
    after = used(processes)


async def closed(call: Call, processes: Mapping[str, int], workers: int, seconds: float) -> Found:
    """So many workers, each with one call at a time, for so long."""
    await _lock_step(call, workers, seconds * WARM_UP)
    with _processors(processes) as processors:
        began = time.perf_counter()
        latencies = await _lock_step(call, workers, seconds)
        taken = time.perf_counter() - began
    rate = len(latencies) / taken
    return {"rate": rate, **_percentiles(latencies), **processors(len(latencies))}


async def _lock_step(call: Call, workers: int, seconds: float) -> array[float]:
    clock = time.perf_counter
    latencies = array("d")
    end = clock() + seconds

    async def work() -> None:
        began = clock()
        while began < end:
            await call()
            now = clock()
            latencies.append(now - began)
            began = now

    await asyncio.gather(*(work() for _ in range(workers)))
    return latencies


async def open_loop(call: Call, processes: Mapping[str, int], rate: float, seconds: float) -> Found:
    """So many calls a second, whatever comes back.

    A latency counts from when the call was due; or from when it was made, if no more than the
    timer was late.
    """
    await _paced(call, rate, seconds * WARM_UP)
    with _processors(processes) as processors:
        began = time.perf_counter()
        latencies = await _paced(call, rate, seconds)
        taken = time.perf_counter() - began
    found = {"asked": rate, "rate": len(latencies) / taken}
    return {**found, **_percentiles(latencies), **processors(max(len(latencies), 1))}


async def _paced(call: Call, rate: float, seconds: float) -> array[float]:
    clock = time.perf_counter
    latencies = array("d")
    calls: set[asyncio.Task[None]] = set()

    async def one(due: float) -> None:
        now = clock()
        began = now if now - due < TICK else due
        await call()
        latencies.append(clock() - began)

    start = clock()
    made = 0
    while (past := clock() - start) < seconds:
        for number in range(made, int(past * rate)):
            task = asyncio.create_task(one(start + number / rate))
            calls.add(task)
            task.add_done_callback(calls.discard)
            made = number + 1
        await asyncio.sleep(TICK / 2)
    if calls:
        await asyncio.wait(calls)
    return latencies


async def burst(call: Call, count: int, times: int) -> Found:
    """So many calls at once; the time until the last answer."""
    await at_once([call] * count)
    return {"seconds": statistics.median([await at_once([call] * count) for _ in range(times)])}


async def at_once(calls: Sequence[Callable[[], Awaitable[object]]]) -> float:
    """The seconds that they take, together."""
    gc.collect()
    began = time.perf_counter()
    await asyncio.gather(*(call() for call in calls))
    return time.perf_counter() - began


async def stream(client: Client, processes: Mapping[str, int], size: int, seconds: float) -> Found:
    """Items of one stream as fast as they come, for about so long."""
    count = 2_000
    count = max(count, int(count / await _read(client, count, size) * seconds * WARM_UP))
    count = max(count, int(count / await _read(client, count, size) * seconds))
    with _processors(processes) as processors:
        taken = await _read(client, count, size)
    return {"rate": count / taken, **processors(count)}


async def _read(client: Client, count: int, size: int) -> float:
    """The seconds of a stream."""
    began = time.perf_counter()
    got = 0
    async for item in _items(client, count, size):  # noqa: B007 - the last one is looked at
        got += 1
    taken = time.perf_counter() - began
    assert got == count and client.size(item) == size
    return taken


async def first_item(client: Client, size: int, times: int) -> Found:
    """The time from the call to the first of ten items, of one stream after the other."""
    latencies = array("d")
    for _ in range(times):
        began = time.perf_counter()
        latency = 0.0
        async for _ in _items(client, 10, size):
            latency = latency or time.perf_counter() - began
        latencies.append(latency)
    return _percentiles(latencies)


def _items(client: Client, count: int, size: int) -> AsyncIterator[object]:
    assert client.items is not None
    return client.items(count, size)


def _percentiles(latencies: array[float]) -> Found:
    ordered = sorted(latencies) or [0.0]
    last = len(ordered) - 1
    return {"p50": ordered[round(last * 0.5)], "p99": ordered[round(last * 0.99)]}
