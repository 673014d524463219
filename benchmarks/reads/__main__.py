"""What it costs that a client reads what it wrote, in every service (D15).

    python -m benchmarks.reads

Prices in two processes, baskets and summaries in one each, a broker, and a caller. Prints a
Markdown table, and writes it to RESULTS.md beside this file.
"""

from __future__ import annotations

import asyncio
import os
import platform
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from fusionrt import Host
from fusionrt.rpc.client.writes import Writes
from tests.chain.reads import Counted, Shop, shop
from tests.natsserver import NatsServer

ROUNDS = 420
FLOWS = 8
TIMES = 7
COMMANDS = 300


async def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        server = NatsServer(Path(folder))
        try:
            async with shop(server.url, Path(folder)) as services:
                rows = [*await _stale(services), *await _costs(server.url)]
        finally:
            server.kill()
    text = _HEAD + "\n".join(rows) + "\n"
    print(text)
    Path(__file__).with_name("RESULTS.md").write_text(text)


async def _stale(services: Shop) -> list[str]:
    counts = []
    for kind, name in ((_without, "w"), (_with, "c")):
        counted = Counted()
        with kind():
            await asyncio.gather(
                *(services.writes_and_reads(f"{name}{n}", ROUNDS, counted) for n in range(FLOWS))
            )
        counts.append(f"{counted.stale:,} of {counted.reads:,}")
    return [f"| stale reads after a command, {FLOWS} flows | {counts[0]} | {counts[1]} | |"]


async def _costs(url: str) -> list[str]:
    alone = [
        await _ratio(url, f"a command, {held:,} summaries held", held, reads=False)
        for held in (0, 1, 1000)
    ]
    read = [
        await _ratio(url, f"a command, then a read of a summary, {held:,} held", held, reads=True)
        for held in (1, 1000)
    ]
    return [*alone, *read]


async def _seconds(url: str, held: int, reads: bool) -> float:
    """Of a caller that did nothing before."""
    async with Host(url) as host:
        return await Shop(host).seconds_of_commands("x", COMMANDS, held, and_a_read=reads)


async def _ratio(url: str, name: str, held: int, reads: bool) -> str:
    """Rounds of both, one after the other; the ratio is the median of theirs."""
    pairs = []
    for _ in range(TIMES):
        with _without():
            without = await _seconds(url, held, reads)
        pairs.append((without, await _seconds(url, held, reads)))
    ratio = median(with_ / without for without, with_ in pairs)
    without, with_ = (1e6 * median(each) for each in zip(*pairs, strict=True))
    return f"| {name} | {without:,.0f} µs | {with_:,.0f} µs | {ratio:.2f} |"


@contextmanager
def _with() -> Iterator[None]:
    yield


@contextmanager
def _without() -> Iterator[None]:
    wrote = Writes.wrote
    Writes.wrote = lambda *_: None  # type: ignore[method-assign]
    try:
        yield
    finally:
        Writes.wrote = wrote  # type: ignore[method-assign]


_HEAD = f"""\
# Reads of what was written

`python -m benchmarks.reads` on CPython {platform.python_version()}, {os.cpu_count()} cores.
Prices (two processes) → baskets → summaries → caller; a price is changed, then it, a basket and a
summary are read. Without: the caller fences no session (D15). A read over three hosts waits for
three round trips, one after the other: each host asks those that it reads from. A ratio is the
median of those of {TIMES} rounds of {COMMANDS} commands each, one after the other.

| | without | with | ratio |
|---|---:|---:|---:|
"""

if __name__ == "__main__":
    asyncio.run(main())
