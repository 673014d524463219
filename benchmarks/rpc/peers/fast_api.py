"""FastAPI under uvicorn and one httpx.AsyncClient; JSON, validated by pydantic at both ends.

httpx gets slower with every connection that it has open, and with every call that waits for one:
with as many as these, and the others waiting outside of it, it is at its best.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
from fastapi import FastAPI
from pydantic import TypeAdapter

from ..contracts import HelloReply, HelloRequest, User
from ..service import HELLO, USER
from . import Client, Peer
from .asgi import new_loop, serve

__all__ = ["PEER"]

CONNECTIONS = 5

_number = TypeAdapter(int).validate_json
_user = TypeAdapter(User | None).validate_json
_request = TypeAdapter(HelloRequest).dump_json
_reply = TypeAdapter(HelloReply).validate_json
_JSON = {"content-type": "application/json"}


async def _sum(a: int, b: int) -> int:
    return a + b


async def _get_user(id: int) -> User | None:
    return USER if id > 0 else None


async def _say_hello(request: HelloRequest) -> HelloReply:
    return HelloReply(request.request)


async def _sum_waiting(a: int, b: int) -> int:
    await asyncio.sleep(0)
    return a + b


@asynccontextmanager
async def _serve(url: str) -> AsyncIterator[str]:
    app = FastAPI()
    app.get("/sum")(_sum)
    app.get("/user/{id}")(_get_user)
    app.post("/hello")(_say_hello)
    app.get("/sum-waiting")(_sum_waiting)
    async with serve(app) as address:
        yield address


@asynccontextmanager
async def _connect(address: str) -> AsyncIterator[Client]:
    limits = httpx.Limits(
        max_connections=CONNECTIONS, max_keepalive_connections=CONNECTIONS, keepalive_expiry=None
    )
    async with httpx.AsyncClient(base_url=address, limits=limits, timeout=None) as client:
        turn = asyncio.Semaphore(CONNECTIONS)

        async def get(path: str, **parameters: int) -> bytes:
            async with turn:
                reply = await client.get(path, params=parameters)
            content: bytes = reply.content
            return content

        async def sum() -> None:
            assert _number(await get("/sum", a=3, b=4)) == 7

        async def get_user() -> None:
            user = _user(await get("/user/1"))
            assert user is not None and user.name == USER.name

        async def say_hello() -> None:
            body = _request(HelloRequest(HELLO))
            async with turn:
                reply = await client.post("/hello", content=body, headers=_JSON)
            assert _reply(reply.content).response.name == HELLO.name

        async def sum_waiting() -> None:
            assert _number(await get("/sum-waiting", a=3, b=4)) == 7

        yield Client(
            {"Sum": sum, "GetUser": get_user, "SayHello": say_hello, "SumWaiting": sum_waiting}
        )


PEER = Peer(_serve, _connect, new_loop)
