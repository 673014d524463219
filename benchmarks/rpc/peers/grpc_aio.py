"""grpc.aio: one channel, its core in C, asyncio's own loop.

It gets messages that are built already; ours are made from fields, call by call.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import grpc.aio

from ..service import HELLO, USER, block
from ..stubs import stub
from . import Client, Peer
from .protobuf import HELLO_REQUEST, USER_REPLY, messages

__all__ = ["PEER"]

_stubs = stub("bench_pb2_grpc")


class _Bench:
    async def Sum(self, request: Any, context: object) -> Any:
        return messages.SumReply(sum=request.a + request.b)

    async def GetUser(self, request: Any, context: object) -> Any:
        return USER_REPLY if request.id > 0 else messages.GetUserReply()

    async def SayHello(self, request: Any, context: object) -> Any:
        return messages.HelloReply(response=request.request)

    async def SumWaiting(self, request: Any, context: object) -> Any:
        await asyncio.sleep(0)
        return messages.SumReply(sum=request.a + request.b)

    async def Items(self, request: Any, context: object) -> AsyncIterator[Any]:
        item = messages.Item(data=block(request.size))
        for _ in range(request.count):
            yield item


@asynccontextmanager
async def _serve(url: str) -> AsyncIterator[str]:
    server = grpc.aio.server()
    _stubs.add_BenchServicer_to_server(_Bench(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    yield f"127.0.0.1:{port}"
    await server.stop(None)


@asynccontextmanager
async def _connect(address: str) -> AsyncIterator[Client]:
    async with grpc.aio.insecure_channel(address) as channel:
        bench = _stubs.BenchStub(channel)

        async def sum() -> None:
            assert (await bench.Sum(messages.SumRequest(a=3, b=4))).sum == 7

        async def get_user() -> None:
            reply = await bench.GetUser(messages.GetUserRequest(id=1))
            assert reply.user.name == USER.name

        async def say_hello() -> None:
            assert (await bench.SayHello(HELLO_REQUEST)).response.name == HELLO.name

        async def sum_waiting() -> None:
            assert (await bench.SumWaiting(messages.SumRequest(a=3, b=4))).sum == 7

        def items(count: int, size: int) -> AsyncIterator[Any]:
            stream: AsyncIterator[Any] = bench.Items(messages.ItemsRequest(count=count, size=size))
            return aiter(stream)

        calls = {
            "Sum": sum,
            "GetUser": get_user,
            "SayHello": say_hello,
            "SumWaiting": sum_waiting,
        }
        yield Client(calls, items, lambda item: len(item.data))


PEER = Peer(_serve, _connect)
