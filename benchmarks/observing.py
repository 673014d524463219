"""What interceptors, metrics and traces cost a hit, a miss and a plain call: `python -m
benchmarks.observing`. In one process, in processor time; the least of several rounds.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

from fusionrt import Call, Host, Next
from fusionrt.otel import tracing
from fusionrt.transport.memory import MemoryNetwork
from tests.lab import TinyLab

ROUNDS = 5
HITS = 100_000
CALLS = 10_000


async def through(call: Call, next: Next) -> Any:
    """Does nothing."""
    return await next()


WAYS: dict[str, Callable[[], dict[str, Any]]] = {
    "nothing": lambda: {},
    "an interceptor": lambda: {"interceptors": [through]},
    "metrics": lambda: {"metrics": True},
    "traces, without an SDK": lambda: {"interceptors": tracing()},
}


async def seconds_each(call: Callable[[int], Awaitable[object]], count: int) -> float:
    """The processor's time of one of so many."""
    began = time.process_time()
    for number in range(count):
        await call(number)
    return (time.process_time() - began) / count


async def measure(options: dict[str, Any]) -> tuple[float, float, float]:
    """A hit, a miss and a plain call, in seconds."""
    async with Host(transport=MemoryNetwork(1).connect("here"), **options) as host:
        lab = TinyLab()
        await host.serve(lab)
        for _ in range(3):
            await lab.get("hit")
        hit = await seconds_each(lambda number: lab.get("hit"), HITS)
        miss = await seconds_each(lambda number: lab.get(str(number)), CALLS)
        plain = await seconds_each(lambda number: lab.echo("x"), CALLS)
        return hit, miss, plain


async def main() -> None:
    """Print a table."""
    figures: dict[str, list[tuple[float, float, float]]] = {name: [] for name in WAYS}
    for _ in range(ROUNDS):
        for name, options in WAYS.items():
            figures[name].append(await measure(options()))
    print(f"{'around bodies':24}{'hit, ns':>10}{'miss, µs':>10}{'call, µs':>10}")
    for name, rounds in figures.items():
        hit, miss, plain = (min(each) for each in zip(*rounds, strict=True))
        print(f"{name:24}{hit * 1e9:10.0f}{miss * 1e6:10.1f}{plain * 1e6:10.1f}")


if __name__ == "__main__":
    asyncio.run(main())
