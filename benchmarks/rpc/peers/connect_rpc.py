"""Connect's own protocol, with Google's protobuf, without compression: its client is in Rust
(pyqwest), its server is an ASGI application under uvicorn."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from ..service import HELLO, USER, block
from ..stubs import stub
from . import Client, Peer
from .asgi import new_loop, serve
from .protobuf import HELLO_REQUEST, USER_REPLY, messages

__all__ = ["PEER"]

_stubs = stub("bench_connect")


class _Bench:
    async def sum(self, request: Any, context: object) -> Any:
        return messages.SumReply(sum=request.a + request.b)

    async def get_user(self, request: Any, context: object) -> Any:
        return USER_REPLY if request.id > 0 else messages.GetUserReply()

    async def say_hello(self, request: Any, context: object) -> Any:
        return messages.HelloReply(response=request.request)

    async def sum_waiting(self, request: Any, context: object) -> Any:
        await asyncio.sleep(0)
        return messages.SumReply(sum=request.a + request.b)

    async def items(self, request: Any, context: object) -> AsyncIterator[Any]:
        item = messages.Item(data=block(request.size))
        for _ in range(request.count):
            yield item


@asynccontextmanager
async def _serve(url: str) -> AsyncIterator[str]:
    async with serve(_stubs.BenchASGIApplication(_Bench(), compressions=())) as address:
        yield address


@asynccontextmanager
async def _connect(address: str) -> AsyncIterator[Client]:
    async with _stubs.BenchClient(address, send_compression=None, accept_compression=()) as bench:

        async def sum() -> None:
            assert (await bench.sum(messages.SumRequest(a=3, b=4))).sum == 7

        async def get_user() -> None:
            reply = await bench.get_user(messages.GetUserRequest(id=1))
            assert reply.user.name == USER.name

        async def say_hello() -> None:
            assert (await bench.say_hello(HELLO_REQUEST)).response.name == HELLO.name

        async def sum_waiting() -> None:
            assert (await bench.sum_waiting(messages.SumRequest(a=3, b=4))).sum == 7

        def items(count: int, size: int) -> AsyncIterator[Any]:
            stream: AsyncIterator[Any] = bench.items(messages.ItemsRequest(count=count, size=size))
            return stream

        calls = {
            "Sum": sum,
            "GetUser": get_user,
            "SayHello": say_hello,
            "SumWaiting": sum_waiting,
        }
        yield Client(calls, items, lambda item: len(item.data))


PEER = Peer(_serve, _connect, new_loop)
