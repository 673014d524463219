"""What is measured in each round: of every case, each peer that has it, one after the other."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from functools import partial

from .caller import Order
from .patterns import Found
from .peers import CONNECT, GRPC, NATS, OURS, PEERS
from .processes import WATCHER, Callers

__all__ = ["FULL", "QUICK", "SATURATED", "Case", "Size", "cases"]

Measure = Callable[[Callers, dict[str, Found]], Awaitable[Found]]
"""Given what the round has found of this peer already, by case."""

SATURATED = "Sum, 200 workers"
ALIKE = 10_000
"""Calls a second at which latencies are those of one load, not of each peer's own."""
STREAMING = OURS, GRPC, CONNECT
STREAMS = {"Stream1": 1, "Stream100": 100, "Stream10K": 10_000}


@dataclass(frozen=True)
class Size:
    """Of a run. seconds: of a measurement. times: of what is short, how often in a round.

    loads: rounds of what is measured under overload. load: seconds of one of these.
    """

    rounds: int
    seconds: float
    times: int
    loads: int
    load: float


FULL = Size(rounds=7, seconds=1.0, times=5, loads=3, load=6.0)
QUICK = Size(rounds=1, seconds=0.2, times=2, loads=1, load=1.0)


@dataclass(frozen=True)
class Case:
    """A row of the results."""

    name: str
    peer: str
    measure: Measure


def cases(size: Size) -> Iterator[Case]:
    """All of a round, in the order of the results."""
    for name, order in _calls(size):
        for peer in PEERS:
            yield Case(name, peer, partial(_simply, peer, order))
    for peer in PEERS:
        yield Case("Sum, half of that load", peer, partial(_half, peer, size))
    for peer in (OURS, NATS):
        order = Order("open", "Sum", rate=ALIKE, seconds=size.seconds)
        yield Case(f"Sum, {ALIKE:,} a second", peer, partial(_simply, peer, order))
    for peer in (OURS, NATS):
        order = Order("burst", "Sum", 2_000, size.times)
        yield Case("2,000 calls at once", peer, partial(_simply, peer, order))
    for name, order in _streams(size):
        for peer in STREAMING:
            yield Case(name, peer, partial(_simply, peer, order))
    for name, order in _own(size):
        yield Case(name, OURS, partial(_simply, OURS, order))
    yield Case("command → new value in another process", OURS, partial(_change, size))


def _calls(size: Size) -> Iterator[tuple[str, Order]]:
    for workers in (1, 200, 1_000):
        plural = "s" if workers > 1 else ""
        name = f"Sum, {workers:,} worker{plural}"
        yield name, Order("closed", "Sum", workers, seconds=size.seconds)
    for call, title in {
        "SumWaiting": "Sum with a body that waits once",
        "GetUser": "GetUser",
        "SayHello": "SayHello",
    }.items():
        yield f"{title}, 200 workers", Order("closed", call, 200, seconds=size.seconds)


def _streams(size: Size) -> Iterator[tuple[str, Order]]:
    for name, bytes in STREAMS.items():
        yield name, Order("stream", count=bytes, seconds=size.seconds)
    yield "first item of a stream", Order("first", count=100, times=size.times * 20)


def _own(size: Size) -> Iterator[tuple[str, Order]]:
    yield "2,000 compute calls at once, cold", Order("cold", count=2_000, times=size.times)
    yield "2,000 compute calls at once, stale", Order("stale", count=2_000, times=size.times)
    yield "hit", Order("hits", times=size.times)


async def _simply(peer: str, order: Order, callers: Callers, _: dict[str, Found]) -> Found:
    return await callers.obey(peer, order)


async def _half(peer: str, size: Size, callers: Callers, found: dict[str, Found]) -> Found:
    rate = found[SATURATED]["rate"] / 2
    return await callers.obey(peer, Order("open", "Sum", rate=rate, seconds=size.seconds))


async def _change(size: Size, callers: Callers, _: dict[str, Found]) -> Found:
    number = size.times * 40
    watching = asyncio.create_task(callers.obey(WATCHER, Order("watch", count=number)))
    found = await callers.obey(OURS, Order("command", count=number))
    await watching
    return found
