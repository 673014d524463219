from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from fusionrt import command, compute, service

if TYPE_CHECKING:
    from .contract import Baskets

    __all__ = ["Baskets", "Products"]


@service
class Products(Protocol):
    @compute
    async def stock(self, product: str, depot: str = "main") -> int: ...

    @compute
    async def names(self) -> tuple[str, ...]: ...

    @command(invalidates=["stock(products_)", "Baskets.count(products_)", "Products.names()"])
    async def remove(self, products_: str) -> None: ...
