"""Calls over NATS against plain `nc.request`, client and server in a process each.

    python -m benchmarks.wire

Prints a Markdown table, and writes it to RESULTS.md beside this file.
"""

from __future__ import annotations

import asyncio
import os
import platform
import socket
import statistics
import sys
import time
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import nats

from fusionrt import Host
from fusionrt.broker import HOST, Broker

from .service import ECHO, EchoClient

ROOT = Path(__file__).parents[2]
ROUNDS = 5
TEXT = "sixteen letters."
COUNTS = {1: 2_000, 200: 20_000}
"""Calls in a round, by how many workers make them."""
HITS = 100_000

Call = Callable[[], Awaitable[object]]


async def main() -> None:
    async with _server() as url, Host(url) as host:
        connection = await nats.connect(url)
        client = host.client(EchoClient)
        payload = TEXT.encode()

        async def request() -> None:
            reply = await connection.request(ECHO, payload, timeout=10)
            assert reply.data == payload

        async def plain() -> None:
            assert await client.plain(TEXT) == TEXT

        async def hit() -> None:
            assert await client.cached(TEXT) == TEXT

        await hit()
        seconds: dict[str, list[float]] = {}
        for _ in range(ROUNDS):
            for workers, count in COUNTS.items():
                for name, call in (("nc.request", request), ("plain call", plain)):
                    taken = await _time(call, workers, count)
                    seconds.setdefault(f"{name} {workers}", []).append(taken)
            seconds.setdefault("replica hit 1", []).append(await _time(hit, 1, HITS))
        await connection.close()
    text = _table({name: statistics.median(taken) for name, taken in seconds.items()})
    print(text)
    Path(__file__).with_name("RESULTS.md").write_text(text + "\n")


async def _time(call: Call, workers: int, count: int) -> float:
    """Seconds a call, on the whole, when so many workers make one after the other."""

    async def work() -> None:
        for _ in range(count // workers):
            await call()

    start = time.perf_counter()
    await asyncio.gather(*(work() for _ in range(workers)))
    return (time.perf_counter() - start) / count


@asynccontextmanager
async def _server() -> AsyncIterator[str]:
    """The URL of a broker, and a process that answers there."""
    with socket.create_server((HOST, 0)) as free:
        port = free.getsockname()[1]
    async with await Broker.start(port=port) as broker:
        paths = ROOT, ROOT / "runtime"
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "benchmarks.wire.service", broker.url),
            env=os.environ | {"PYTHONPATH": os.pathsep.join(map(str, paths))},
            stdin=PIPE,
            stdout=PIPE,
        )
        assert process.stdin is not None and process.stdout is not None
        assert await process.stdout.readline() == b"ready\n"
        yield broker.url
        process.stdin.close()
        await process.wait()


def _table(seconds: dict[str, float]) -> str:
    def row(name: str, key: str, against: str) -> str:
        taken = seconds[key]
        ratio = seconds[against] / taken
        return f"| {name} | {taken * 1e6:,.2f} | {1 / taken:,.0f} | {ratio:,.2f} |"

    return "\n".join(
        [
            "# Calls from one process to another",
            "",
            f"`python -m benchmarks.wire` on CPython {platform.python_version()}, "
            f"{os.cpu_count()} cores; medians of {ROUNDS} rounds, all in one run.",
            "The broker and the server have a process each on the same machine. Both sides check",
            "what came back; `nc.request` carries the bare bytes, a call is encoded and validated.",
            "",
            "| 16 letters there and back | µs | calls/s | to nc.request |",
            "|---|---:|---:|---:|",
            row("nc.request, one after the other", "nc.request 1", "nc.request 1"),
            row("plain call, one after the other", "plain call 1", "nc.request 1"),
            row("nc.request, 200 workers", "nc.request 200", "nc.request 200"),
            row("plain call, 200 workers", "plain call 200", "nc.request 200"),
            row("compute method, cached in a replica", "replica hit 1", "nc.request 1"),
        ]
    )


if __name__ == "__main__":
    asyncio.run(main())
