"""fusiongen, with all defaults, on asyncio's own loop."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fusionrt import Host

from ..contracts import HelloRequest
from ..generated.bench import BenchClient
from ..service import HELLO, USER, BenchHere
from . import Client, Peer

__all__ = ["PEER"]


@asynccontextmanager
async def _serve(url: str) -> AsyncIterator[str]:
    async with Host(url) as host:
        await host.serve(BenchHere())
        yield url


@asynccontextmanager
async def _connect(url: str) -> AsyncIterator[Client]:
    async with Host(url) as host:
        client = host.client(BenchClient)

        async def sum() -> None:
            assert await client.sum(3, 4) == 7

        async def get_user() -> None:
            user = await client.get_user(1)
            assert user is not None and user.name == USER.name

        async def say_hello() -> None:
            reply = await client.say_hello(HelloRequest(HELLO))
            assert reply.response.name == HELLO.name

        async def sum_waiting() -> None:
            assert await client.sum_waiting(3, 4) == 7

        calls = {
            "Sum": sum,
            "GetUser": get_user,
            "SayHello": say_hello,
            "SumWaiting": sum_waiting,
        }
        yield Client(calls, client.items, own=client)


PEER = Peer(_serve, _connect)
