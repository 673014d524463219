"""What gRPC and Connect have in common: messages, bodies, and what their clients check.

Messages are built once, where each call needs no fresh one.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

from ..contracts import Hello, User
from ..service import HELLO, USER, block
from ..stubs import stub
from . import Client

__all__ = ["Bodies", "client_of"]

messages = stub("bench_pb2")


def _user(user: User) -> Any:
    return messages.User(
        id=user.id,
        version=user.version,
        created_at=user.created_at,
        modified_at=user.modified_at,
        name=user.name,
    )


def _hello(hello: Hello) -> Any:
    return messages.Hello(
        name=hello.name,
        double=hello.double,
        single=hello.single,
        flag=hello.flag,
        int32=hello.int32,
        int64=hello.int64,
        choice_text=hello.choice_text,
        choice_flag=hello.choice_flag,
        pets=[messages.Pet(name=pet.name, color=pet.color) for pet in hello.pets],
    )


USER_REPLY = messages.GetUserReply(user=_user(USER))
HELLO_REQUEST = messages.HelloRequest(request=_hello(HELLO))


class Bodies:
    """Those of the service."""

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


def client_of(
    sum: Callable[[Any], Any],
    get_user: Callable[[Any], Any],
    say_hello: Callable[[Any], Any],
    sum_waiting: Callable[[Any], Any],
    items: Callable[[Any], Any],
) -> Client:
    """What calls these methods of a generated client."""

    async def check_sum() -> None:
        assert (await sum(messages.SumRequest(a=3, b=4))).sum == 7

    async def check_user() -> None:
        reply = await get_user(messages.GetUserRequest(id=1))
        assert reply.user.name == USER.name

    async def check_hello() -> None:
        assert (await say_hello(HELLO_REQUEST)).response.name == HELLO.name

    async def check_waiting() -> None:
        assert (await sum_waiting(messages.SumRequest(a=3, b=4))).sum == 7

    def stream(count: int, size: int) -> AsyncIterator[Any]:
        return aiter(items(messages.ItemsRequest(count=count, size=size)))

    calls = {
        "Sum": check_sum,
        "GetUser": check_user,
        "SayHello": check_hello,
        "SumWaiting": check_waiting,
    }
    return Client(calls, stream, lambda item: len(item.data))
