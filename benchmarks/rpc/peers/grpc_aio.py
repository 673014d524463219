"""grpc.aio: one channel, its core in C, asyncio's own loop.

It gets messages that are built already; ours are made from fields, call by call.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import grpc.aio

from ..stubs import stub
from . import Client, Peer
from .protobuf import Bodies, client_of

__all__ = ["PEER"]

_stubs = stub("bench_pb2_grpc")


class _Bench(Bodies):
    Sum = Bodies.sum
    GetUser = Bodies.get_user
    SayHello = Bodies.say_hello
    SumWaiting = Bodies.sum_waiting
    Items = Bodies.items


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
        yield client_of(bench.Sum, bench.GetUser, bench.SayHello, bench.SumWaiting, bench.Items)


PEER = Peer(_serve, _connect)
