"""A process that has the texts, and writes as many of them as it is told, line by line.

python -m benchmarks.web.source PEER BROKER

Hosts of ours serve them. Others are told each change by a message, with all that is new.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import msgspec
import nats

from fusionrt import Host

from .cases import OURS
from .texts import TextsHere, written

__all__ = ["CHANGED"]

CHANGED = "benchmark.changed"
"""The subject of those messages."""

Write = Callable[[tuple[int, ...]], Awaitable[None]]


@asynccontextmanager
async def _service(url: str) -> AsyncIterator[Write]:
    async with Host(url) as host:
        texts = TextsHere()
        await host.serve(texts)
        yield texts.write


@asynccontextmanager
async def _messages(url: str) -> AsyncIterator[Write]:
    connection = await nats.connect(url)

    async def write(keys: tuple[int, ...]) -> None:
        await connection.publish(CHANGED, msgspec.json.encode(written(keys)))
        await connection.flush()

    yield write
    await connection.close()


async def _obey(peer: str, url: str) -> None:
    async with (_service if peer == OURS else _messages)(url) as write:
        print("ready", flush=True)
        while line := await asyncio.to_thread(sys.stdin.readline):
            await write(tuple(range(int(line))))
            print("written", flush=True)


if __name__ == "__main__":
    asyncio.run(_obey(*sys.argv[1:]))
