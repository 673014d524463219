"""The messages of gRPC and Connect. They are built once, where each call needs no fresh one."""

from __future__ import annotations

from typing import Any

from ..contracts import Hello, User
from ..service import HELLO, USER
from ..stubs import stub

__all__ = ["HELLO_REQUEST", "USER_REPLY", "messages"]

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
