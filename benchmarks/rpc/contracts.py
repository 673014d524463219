"""The service under test. The first three methods have the shapes of ActualLab's RpcBenchmark, so
that its figures can be laid beside these."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from typing import Protocol

from fusionrt import command, compute, service

__all__ = ["Bench", "Color", "Hello", "HelloReply", "HelloRequest", "Pet", "User"]


class Color(IntEnum):
    """Of a pet."""

    BLACK = 0
    WHITE = 1
    BROWN = 2
    GINGER = 3


@dataclass(slots=True)
class Pet:
    """Two of them are in each `Hello`."""

    name: str
    color: Color


@dataclass(slots=True)
class Hello:
    """A bit of everything."""

    name: str
    double: float
    single: float
    flag: bool
    int32: int
    int64: int
    choice_text: str | None
    choice_flag: bool | None
    pets: tuple[Pet, ...]


@dataclass(slots=True)
class HelloRequest:
    """What `say_hello` takes."""

    request: Hello


@dataclass(slots=True)
class HelloReply:
    """What `say_hello` returns."""

    response: Hello


@dataclass(slots=True)
class User:
    """A row of a table."""

    id: int
    version: int
    created_at: datetime
    modified_at: datetime
    name: str


@service
class Bench(Protocol):
    """Bodies that do next to nothing: what is measured is the way to them and back."""

    async def sum(self, a: int, b: int) -> int: ...

    async def get_user(self, id: int) -> User | None: ...

    async def say_hello(self, request: HelloRequest) -> HelloReply: ...

    async def sum_waiting(self, a: int, b: int) -> int:
        """The same sum, after its body waited once."""
        ...

    def items(self, count: int, size: int) -> AsyncIterator[bytes]:
        """So many items of so many bytes."""
        ...

    @compute
    async def value(self, key: int) -> int: ...

    @command(invalidates=["value(key)"])
    async def put(self, key: int, value: int) -> None: ...

    @command(invalidates=["value(key) for key in keys"])
    async def put_all(self, keys: tuple[int, ...], value: int) -> None: ...
