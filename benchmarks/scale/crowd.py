"""Thousands of clients in one process: each is a whole `Host` with its own sessions and replicas.

They share one connection to the broker, with a subscription for each: 10,000 connections of one
process measure the kernel. What a connection takes of the broker is measured apart.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Self

from fusionrt import Host
from fusionrt.transport.nats import NatsTransport

from ..rpc.generated.bench import BenchClient
from .host import SLOW

__all__ = ["Crowd"]

TOGETHER = 100
"""Clients that do something at the same time."""
ROOM = 60.0
"""Seconds that all may take to hear of something."""


class _Shared(NatsTransport):
    """Stays open when a host that has it is closed."""

    async def close(self, drain: bool = True) -> None:
        pass

    async def end(self) -> None:
        await super().close(drain=False)


class Crowd:
    """So many clients; each reads key 0 as it joins."""

    def __init__(self, transport: _Shared) -> None:
        self._transport = transport
        self.clients: list[BenchClient] = []

    @classmethod
    async def connect(cls, url: str) -> Self:
        """Nobody yet."""
        return cls(await _Shared.connect(url))

    @property
    def published(self) -> int:
        """Messages so far."""
        return self._transport.statistics().published

    async def join(self, count: int) -> None:
        """So many clients come, and find a host."""
        for _ in range(count):
            host = Host(transport=self._transport, timing=SLOW)
            await host.__aenter__()
            self.clients.append(host.client(BenchClient).with_options(timeout=ROOM))
            await asyncio.sleep(0)  # who has joined keeps its session alive
        await self._each(lambda client: client.value(0))

    async def read(self, keys: range) -> None:
        """Every client reads every key, all keys at once."""

        async def read(client: BenchClient) -> None:
            await asyncio.gather(*(client.value(key) for key in keys))

        await self._each(read)

    async def write(self, keys: range, value: int) -> None:
        """One changes these keys; return when every client has heard of it."""
        left = len(self.clients)
        heard = asyncio.Event()

        def count(_: object) -> None:
            nonlocal left
            left -= 1
            if not left:
                heard.set()

        for client in self.clients:
            held = client.peek.value(keys[-1])
            assert held is not None
            held.on_invalidated(count)
        await self.clients[0].put_all(tuple(keys), value)
        async with asyncio.timeout(ROOM):
            await heard.wait()

    def check_stale(self, keys: range) -> None:
        """Nobody holds a replica of these keys."""
        for client in self.clients:
            assert all(client.peek.value(key) is None for key in keys)

    async def _each(self, act: Callable[[BenchClient], Awaitable[object]]) -> None:
        clients = iter(self.clients)

        async def some(clients: Iterable[BenchClient]) -> None:
            for client in clients:
                await act(client)

        await asyncio.gather(*(some(clients) for _ in range(TOGETHER)))

    async def end(self) -> None:
        """Leave as a process that is killed does."""
        await self._transport.end()
