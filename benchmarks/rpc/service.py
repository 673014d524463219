"""The bodies. What they return is there already, as it is in every peer's."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime

from .contracts import Color, Hello, HelloReply, HelloRequest, Pet, User
from .generated.bench import BenchService

__all__ = ["HELLO", "USER", "BenchHere", "block"]

USER = User(
    id=1,
    version=17,
    created_at=datetime(2024, 2, 29, 12, 30, 15, tzinfo=UTC),
    modified_at=datetime(2026, 7, 1, 9, 0, 1, tzinfo=UTC),
    name="Alice Liddell",
)
HELLO = Hello(
    name="Alice Liddell",
    double=1234567.125,
    single=0.5,
    flag=True,
    int32=1_000_000,
    int64=1_000_000_000_000,
    choice_text="through the looking-glass",
    choice_flag=None,
    pets=(Pet("Dinah", Color.GINGER), Pet("Snowdrop", Color.WHITE)),
)


class BenchHere(BenchService):
    """The service."""

    def __init__(self) -> None:
        self.values: dict[int, int] = {}

    async def sum(self, a: int, b: int) -> int:
        return a + b

    async def get_user(self, id: int) -> User | None:
        return USER if id > 0 else None

    async def say_hello(self, request: HelloRequest) -> HelloReply:
        return HelloReply(request.request)

    async def sum_waiting(self, a: int, b: int) -> int:
        await asyncio.sleep(0)
        return a + b

    async def items(self, count: int, size: int) -> AsyncIterator[bytes]:
        item = block(size)
        for _ in range(count):
            yield item

    async def value(self, key: int) -> int:
        return self.values.get(key, 0)

    async def put(self, key: int, value: int) -> None:
        self.values[key] = value

    async def put_all(self, keys: tuple[int, ...], value: int) -> None:
        self.values.update(dict.fromkeys(keys, value))


def block(size: int) -> bytes:
    """An item of so many bytes."""
    return b"x" * size
