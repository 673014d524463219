"""Two services whose commands invalidate each other's results."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from fusionrt import ANY, command, compute, service

from . import contract_products as products


@dataclass(frozen=True)
class Line:
    product: str | None
    count: int


@service
class Baskets(Protocol):
    @compute
    async def count(self, product: str) -> int: ...

    @command(
        invalidates=[
            "count(line.product) for line in lines",
            "products.Products.stock(line.product, depot=ANY) for line in lines",
            "products.Products.names()",
        ]
    )
    async def fill(self, lines: tuple[Line, ...]) -> None: ...


__all__ = ["ANY", "Baskets", "Line", "products"]
