"""A lab whose bodies do what a test wants, a host, and a client in another process."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

from fusionrt import Host
from fusionrt.primitives import now
from fusionrt.rpc import Ask
from fusionrt.transport.memory import MemoryNetwork
from fusionrt.wire.digest import method_id
from fusionrt.wire.frames import Kind
from fusionrt.wire.runs import Request
from tests.lab import LabClient, TinyLab, peer_of
from tests.waiting import until

__all__ = ["MANY", "PoolLab", "PoolWorld", "busy", "pool_world", "texts"]

MANY = 64


class PoolLab(TinyLab):
    """Its `echo` does what a test wants of it.

    tasks: those that bodies ran in. began: the texts with which they did, in this order.
    """

    def __init__(self) -> None:
        super().__init__({"a": 1})
        self.tasks: list[asyncio.Task[Any] | None] = []
        self.began: list[str] = []
        self.ways: Mapping[str, Callable[[], Awaitable[str]]] = {}

    async def echo(self, text: str) -> str:
        self.tasks.append(asyncio.current_task())
        self.began.append(text)
        way = self.ways.get(text)
        return text if way is None else await way()

    async def put(self, key: str, value: int) -> int:
        self.tasks.append(asyncio.current_task())
        way = self.ways.get(key)
        if way is not None:
            await way()
        return value


def busy(seconds: float) -> None:
    """Block the loop."""
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        pass


class PoolWorld:
    """A lab, its host, and a client in another process."""

    def __init__(self, lab: PoolLab, client: LabClient, serving: Host) -> None:
        self.lab = lab
        self.client = client
        self.serving = serving

    async def calls(self, *texts: str) -> list[Any]:
        """What becomes of calls that travel in one frame."""
        return await asyncio.gather(*map(self.client.echo, texts), return_exceptions=True)

    async def raw(self, *data: bytes, due: float = math.inf) -> list[Any]:
        """What becomes of calls of `echo` with these bytes for arguments."""
        peer, ask = peer_of(self.client), Ask(Kind.PLAIN, method_id("echo"))
        calls = [peer.call(Request(ask, each, min(due, now() + 9))) for each in data]
        return await asyncio.gather(*calls, return_exceptions=True)

    def left(self) -> int:
        """Calls that run or wait."""
        gate = self.serving.statistics().services["lab"].gate
        return gate.running + gate.waiting

    def running(self) -> int:
        """Bodies that wait, and places that they take."""
        served = self.serving.statistics().services["lab"]
        assert served.gate.running == sum(session.running for session in served.sessions)
        return served.gate.running


@asynccontextmanager
async def pool_world() -> AsyncIterator[PoolWorld]:
    """Without a broker; nothing is left at the end."""
    network = MemoryNetwork(1)
    async with (
        Host(transport=network.connect("serving")) as serving,
        Host(transport=network.connect("calling")) as calling,
    ):
        lab = PoolLab()
        await serving.serve(lab)
        client = calling.client(LabClient).with_options(timeout=5.0)
        await client.get("a")
        made = PoolWorld(lab, client, serving)
        yield made
        await until(lambda: not made.left())
        for session in serving.statistics().services["lab"].sessions:
            assert (session.running, session.waiting, session.deadlines) == (0, 0, 0)


def texts(count: int = MANY) -> list[str]:
    """Different ones."""
    return [f"text {number}" for number in range(count)]
