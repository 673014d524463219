"""`Client.request` of nats-py: a subject for each method, arguments and results in msgpack.

Both sides decode into the same types as fusiongen does, and do nothing else: no numbers, no errors,
no deadline on the host's side. The callback of a subscription is awaited before its next message.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import nats
from msgspec.msgpack import Decoder, Encoder
from nats.aio.msg import Msg

from ..contracts import HelloReply, HelloRequest, User
from ..service import HELLO, USER
from . import Client, Peer

__all__ = ["PEER"]

TIMEOUT = 10.0

_encode = Encoder().encode
_pair = Decoder(tuple[int, int]).decode
_number = Decoder(int).decode
_user = Decoder(User | None).decode
_request = Decoder(HelloRequest).decode
_reply = Decoder(HelloReply).decode


async def _sum(message: Msg) -> None:
    a, b = _pair(message.data)
    await message.respond(_encode(a + b))


async def _get_user(message: Msg) -> None:
    await message.respond(_encode(USER if _number(message.data) > 0 else None))


async def _say_hello(message: Msg) -> None:
    await message.respond(_encode(HelloReply(_request(message.data).request)))


async def _sum_waiting(message: Msg) -> None:
    a, b = _pair(message.data)
    await asyncio.sleep(0)
    await message.respond(_encode(a + b))


@asynccontextmanager
async def _serve(url: str) -> AsyncIterator[str]:
    connection = await nats.connect(url)
    for body in (_sum, _get_user, _say_hello, _sum_waiting):
        await connection.subscribe(f"bench.{body.__name__}", cb=body)
    await connection.flush()
    yield url
    await connection.close()


@asynccontextmanager
async def _connect(url: str) -> AsyncIterator[Client]:
    connection = await nats.connect(url)
    request = connection.request

    async def sum() -> None:
        reply = await request("bench._sum", _encode((3, 4)), timeout=TIMEOUT)
        assert _number(reply.data) == 7

    async def get_user() -> None:
        reply = await request("bench._get_user", _encode(1), timeout=TIMEOUT)
        user = _user(reply.data)
        assert user is not None and user.name == USER.name

    async def say_hello() -> None:
        reply = await request("bench._say_hello", _encode(HelloRequest(HELLO)), timeout=TIMEOUT)
        assert _reply(reply.data).response.name == HELLO.name

    async def sum_waiting() -> None:
        reply = await request("bench._sum_waiting", _encode((3, 4)), timeout=TIMEOUT)
        assert _number(reply.data) == 7

    yield Client(
        {"Sum": sum, "GetUser": get_user, "SayHello": say_hello, "SumWaiting": sum_waiting}
    )
    await connection.close()


PEER = Peer(_serve, _connect)
