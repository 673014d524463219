"""The ways in which calls are made; each tells what it measured, by name.

rate: a second. p50, p99: seconds. client, host, broker: seconds of processor time for each call.
refused: what was not answered at once, and made again, until it was; that is part of its time.
"""

from __future__ import annotations

import asyncio
import gc
import statistics
import time
from array import array
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from ..clocks import used
from .peers import Call, Client

__all__ = ["Found", "Refusals", "at_once", "burst", "closed", "first_item", "open_loop", "stream"]

Found = dict[str, float]

WARM_UP = 0.2
"""The part of a measurement's time that its warm-up takes."""
PAUSE = 0.01
"""Seconds until a call that was refused is made again."""
TICK = 0.002
"""Seconds that a timer of asyncio may be late by itself."""


class Refusals:
    """Counts them."""

    def __init__(self) -> None:
        self.count = 0

    async def again(self, call: Callable[[], Awaitable[object]], error: Exception) -> None:
        """Make a call until it is answered; a wrong answer is raised."""
        while True:
            if isinstance(error, AssertionError):
                raise error
            self.count += 1
            await asyncio.sleep(PAUSE)
            try:
                await call()
            except Exception as next:
                error = next
            else:
                return


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
    await _lock_step(call, Refusals(), workers, seconds * WARM_UP)
    refusals = Refusals()
    with _processors(processes) as processors:
        began = time.perf_counter()
        latencies = await _lock_step(call, refusals, workers, seconds)
        taken = time.perf_counter() - began
    return _found(latencies, taken, refusals) | processors(len(latencies))


async def _lock_step(call: Call, refusals: Refusals, workers: int, seconds: float) -> array[float]:
    clock = time.perf_counter
    latencies = array("d")
    end = clock() + seconds

    async def work() -> None:
        began = clock()
        while began < end:
            try:
                await call()
            except Exception as error:
                await refusals.again(call, error)
            now = clock()
            latencies.append(now - began)
            began = now

    await asyncio.gather(*(work() for _ in range(workers)))
    return latencies


async def open_loop(call: Call, processes: Mapping[str, int], rate: float, seconds: float) -> Found:
    """So many calls a second, whatever comes back; no more than half of what calls can be made by
    tasks of their own, which is how these are made.

    A latency counts from when the call was due; or from when it was made, if no more than the
    timer was late.
    """
    rate = min(rate, await _with_tasks(call, seconds * WARM_UP) / 2)
    await _paced(call, Refusals(), rate, seconds * WARM_UP)
    refusals = Refusals()
    with _processors(processes) as processors:
        began = time.perf_counter()
        latencies = await _paced(call, refusals, rate, seconds)
        taken = time.perf_counter() - began
    found = _found(latencies, taken, refusals) | processors(max(len(latencies), 1))
    return {"asked": rate, **found}


async def _with_tasks(call: Call, seconds: float) -> float:
    """Calls a second if each has a task, with 200 at a time."""

    async def one() -> None:
        await asyncio.ensure_future(call())

    began = time.perf_counter()
    latencies = await _lock_step(one, Refusals(), 200, seconds)
    return len(latencies) / (time.perf_counter() - began)


async def _paced(call: Call, refusals: Refusals, rate: float, seconds: float) -> array[float]:
    clock = time.perf_counter
    latencies = array("d")

    async def one(due: float) -> None:
        now = clock()
        began = now if now - due < TICK else due
        try:
            await call()
        except Exception as error:
            await refusals.again(call, error)
        latencies.append(clock() - began)

    start = clock()
    made = 0
    async with asyncio.TaskGroup() as calls:
        while (past := clock() - start) < seconds:
            for number in range(made, int(past * rate)):
                calls.create_task(one(start + number / rate))
                made = number + 1
            await asyncio.sleep(TICK / 2)
    return latencies


def _found(latencies: array[float], taken: float, refusals: Refusals) -> Found:
    rate = {"rate": len(latencies) / taken}
    return rate | _percentiles(latencies) | {"refused": refusals.count}


async def burst(call: Call, count: int, times: int) -> Found:
    """So many calls at once; the time until the last answer."""
    refusals = Refusals()
    await at_once([call] * count, refusals)
    seconds = [await at_once([call] * count, refusals) for _ in range(times)]
    return {"seconds": statistics.median(seconds), "refused": refusals.count}


async def at_once(calls: Sequence[Callable[[], Awaitable[object]]], refusals: Refusals) -> float:
    """The seconds that they take, together."""

    async def one(call: Callable[[], Awaitable[object]]) -> None:
        try:
            await call()
        except Exception as error:
            await refusals.again(call, error)

    gc.collect()
    began = time.perf_counter()
    await asyncio.gather(*(one(call) for call in calls))
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
