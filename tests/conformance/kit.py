"""The bodies."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime
from decimal import Decimal

from .contracts import Groups, Point, Scalars, Short, Size
from .generated.kit import KitService

__all__ = ["KitHere"]


class KitHere(KitService):
    """ran: how often compute bodies ran; waits: bodies of `wait` and `total` that began; left:
    bodies that were cancelled, streams that ended.
    """

    def __init__(self) -> None:
        self.data: dict[str, int] = {}
        self.ran = 0
        self.waits = 0
        self.left = 0

    async def echo_scalars(self, value: Scalars) -> Scalars:
        return value

    async def echo_groups(self, value: Groups) -> Groups:
        return value

    async def echo_default(self, text: str, size: Size = Size.SMALL, *, times: int = 1) -> str:
        return f"{text}{size}" * times

    async def get(self, key: str) -> int:
        self.ran += 1
        return self.data.get(key, 0)

    async def doubled(self, key: str) -> int:
        self.ran += 1
        return 2 * await self.get(key)

    async def seen(self, value: bool | int | float | str | Decimal) -> int:
        self.ran += 1
        return self.ran

    async def seen_as(self, real: float, exact: Decimal, at: datetime, size: Size) -> int:
        self.ran += 1
        return self.ran

    async def fails(self, how: str) -> int:
        self.ran += 1
        await self.trouble(how)
        return 0

    async def put(self, key: str, value: int) -> int:
        self.data[key] = value
        return value

    async def put_and_fail(self, key: str, value: int) -> None:
        self.data[key] = value
        raise Short(key, missing=value)

    async def trouble(self, how: str) -> None:
        match how:
            case "declared":
                raise Short("bolts", missing=3)
            case "undeclared":
                raise ValueError("the password is 12345")

    async def wait(self) -> str:
        self.waits += 1
        try:
            await asyncio.Event().wait()
        finally:
            self.left += 1
        return "never"

    async def cancelled(self) -> int:
        return self.left

    async def count(self, upto: int, fail: str = "") -> AsyncIterator[Point]:
        try:
            for number in range(upto):
                yield Point(number, number / 2)
            await self.trouble(fail)
        finally:
            self.left += 1

    async def total(self, numbers: AsyncIterator[int]) -> int:
        total = 0
        self.waits += 1
        try:
            async for number in numbers:
                total += number
                if total < 0:
                    break
        finally:
            self.left += 1
        return total

    async def put_all(self, key: str, values: AsyncIterator[int]) -> int:
        async for value in values:
            self.data[key] = value
        return self.data[key]

    async def moved(self, by: int, *, points: AsyncIterator[Point]) -> AsyncIterator[Point]:
        async for point in points:
            yield Point(point.x + by, point.y)

    async def open(self, upto: int, fail: str = "") -> tuple[str, AsyncIterator[Point]]:
        await self.trouble(fail)
        return f"{upto} points", self.count(upto)

    async def open_moved(
        self, by: int, points: AsyncIterator[Point]
    ) -> tuple[int, str, AsyncIterator[Point]]:
        return by, "moved", self.moved(by, points=points)

    async def latest(self, upto: int) -> AsyncIterator[int]:
        for number in range(upto):
            yield number
