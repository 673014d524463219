"""Defaults of every sort, keyword-only and positional-only parameters."""

from __future__ import annotations

import enum
from decimal import Decimal
from typing import Protocol

from fusionrt import ANY, command, compute, service

from . import limits
from .limits import Depth

PAGE = 20
_DEEP = Decimal(3)


class Order(enum.Enum):
    UP = "up"
    DOWN = "down"


@service
class Search(Protocol):
    @compute
    async def find(
        self,
        text: str,
        /,
        limit: int = PAGE,
        *,
        order: Order = Order.UP,
        depth: Depth | None = Depth.SHALLOW,
        score: float = -0.5,
        tags: tuple[str, ...] = ("a", 'b"c'),
        one: tuple[int, ...] = (1,),
        none: tuple[int, ...] = (),
        raw: bytes = b"\x00",
        top: int = limits.TOP * 2 - 1,
        deep: Decimal = _DEEP,
        flag: bool = False,
    ) -> int: ...

    @compute
    async def count(self, *, text: str | None = None) -> int: ...

    @compute
    async def plain(self, a: int, b: int, /) -> int: ...

    @command(
        invalidates=[
            "find(text)",
            "find(text, 5, order=ANY, depth=None, score=-1, tags=ANY)",
            "count(text=text)",
            "count()",
            "plain(1, ANY)",
        ]
    )
    async def learn(self, text: str, /, *, weight: float = 1e3) -> None: ...


__all__ = ["ANY", "PAGE", "Order", "Search"]
