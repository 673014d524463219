"""`python -m compare.measure [SECONDS]`: how fast both are, in one run, as a table.

Each has two servers, in processes of their own; their clients are in this one. Rounds take turns.
"""

import asyncio
import socket
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from functools import partial

from fusionrt.broker import Broker

from compare.processes import SIDES, Connect
from todo.cli import Todos, Watch
from todo.records import Summary

__all__ = ["Run", "main"]

ROUNDS = 3
SMALL = 20
"""Items of a small folder."""
AT_ONCE = (4, 32)
"""Calls under way; the better rate counts, for httpx is slower with more."""

FEWEST = 10
"""Calls that are timed, however long they take."""

Call = Callable[[], Awaitable[object]]


@dataclass
class Run:
    """One side, at new servers of a new database. big: items of a big folder. found: figures."""

    connect: Connect
    seconds: float
    big: int = 1000
    found: dict[str, float] = field(default_factory=dict)

    async def all(self) -> dict[str, float]:
        """Measure everything: writes are made at the server A, reads at B."""
        async with self.connect("A") as (writer, _), self.connect("B") as (reader, watch):
            small = [(await writer.add("small", str(n))).id for n in range(SMALL)]
            big = [(await writer.add("big", str(n))).id for n in range(self.big)]
            await self._summaries(writer, reader, watch, big)
            await self._following(writer, watch, small)
            await self._reads(reader, big)
            await self._writes(writer, big)
        return self.found

    async def _summaries(self, writer: Todos, reader: Todos, watch: Watch, ids: list[int]) -> None:
        await self._took(f"first summary of {self.big:,} items, ms", partial(reader.summary, "big"))
        times = [
            await _followed(watch("big"), partial(writer.tick, id), Summary(self.big, done))
            for done, id in enumerate(ids[:5], 1)
        ]
        key = f"from a tick to a watched summary of {self.big:,}, ms"
        self.found[key] = statistics.median(times) * 1e3

    async def _following(self, writer: Todos, watch: Watch, ids: list[int]) -> None:
        times = [
            await _followed(watch("small"), partial(writer.tick, id), Summary(SMALL, done))
            for done, id in enumerate(ids, 1)
        ]
        key = f"from a tick to a watched summary of {SMALL}, ms"
        self.found[key] = statistics.median(times) * 1e3

    async def _reads(self, reader: Todos, ids: list[int]) -> None:
        await _at_once(4, [partial(reader.get, id) for id in ids])  # now the server has them
        rates = []
        for at_once in AT_ONCE:
            async with self.connect("B") as (other, _):
                rates.append(await _at_once(at_once, [partial(other.get, id) for id in ids]))
        self.found["first reads of another client, some at once, a second"] = max(rates)
        times = await _one_by_one(partial(reader.summary, "small"), self.seconds)
        self.found["a read again, median, µs"] = statistics.median(times) * 1e6
        self.found["the same, 99 %, µs"] = statistics.quantiles(times, n=100)[-1] * 1e6
        self.found["reads again, one by one, a second"] = 1 / statistics.fmean(times)

    async def _writes(self, writer: Todos, ids: list[int]) -> None:
        times = await _one_by_one(partial(writer.tick, ids[0]), self.seconds)
        self.found["a tick, median, ms"] = statistics.median(times) * 1e3
        self.found["the same, 99 %, ms"] = statistics.quantiles(times, n=100)[-1] * 1e3
        ticks = [partial(writer.tick, id) for id in ids]
        rates = [await _at_once(at_once, ticks) for at_once in AT_ONCE]
        self.found["ticks, some at once, a second"] = max(rates)

    async def _took(self, key: str, call: Call) -> None:
        begun = time.perf_counter()
        await call()
        self.found[key] = (time.perf_counter() - begun) * 1e3


async def _one_by_one(call: Call, seconds: float) -> list[float]:
    """How long each call took."""
    times: list[float] = []
    end = time.perf_counter() + seconds
    while (begun := time.perf_counter()) < end or len(times) < FEWEST:
        await call()
        times.append(time.perf_counter() - begun)
    return times


async def _at_once(at_once: int, calls: Sequence[Call]) -> float:
    """How many a second, with so many under way."""
    left = iter(calls)

    async def work() -> None:
        for call in left:
            await call()

    begun = time.perf_counter()
    await asyncio.gather(*(work() for _ in range(at_once)))
    return len(calls) / (time.perf_counter() - begun)


async def _followed(
    summaries: AsyncGenerator[Summary, None], change: Call, expected: Summary
) -> float:
    """Seconds from a change to the summary that is expected then, while that is watched."""
    async with aclosing(summaries):
        assert await anext(summaries) != expected
        begun = time.perf_counter()
        changing = asyncio.ensure_future(change())
        async for summary in summaries:
            if summary == expected:
                break
        took = time.perf_counter() - begun
        await changing
        return took


async def main(seconds: float = 1.0) -> str:
    """Measure both; a table in Markdown, of the medians of the rounds."""
    found: defaultdict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    async with await Broker.start(port=port) as broker:
        for number in range(ROUNDS):
            for name in sorted(SIDES, reverse=number % 2 == 1):
                with tempfile.TemporaryDirectory() as folder:
                    db = f"sqlite+aiosqlite:///{folder}/todo.db"
                    async with SIDES[name](db, broker.url) as connect:
                        for key, figure in (await Run(connect, seconds).all()).items():
                            found[key][name].append(figure)
    rows = ["| | with the framework | without |", "|---|---:|---:|"]
    for key, sides in found.items():
        figures = [_short(statistics.median(sides[name])) for name in SIDES]
        rows.append(f"| {key} | {' | '.join(figures)} |")
    return "\n".join(rows)


def _short(figure: float) -> str:
    return f"{figure:,.0f}" if figure >= 100 else f"{figure:.2g}"


if __name__ == "__main__":
    print(asyncio.run(main(*map(float, sys.argv[1:]))))
