"""Step 3: reads that are asked for together become one query."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from aiodataloader import DataLoader
from sqlalchemy import select

from shop.contracts import Product
from shop.sql import CartsInSql, ProductRow, ProductsInSql


@dataclass
class ProductsBatched(ProductsInSql):
    """`get` hands its id to a loader, which asks for all ids of one turn of the loop at once."""

    rows: DataLoader[str, ProductRow | None] = field(init=False)

    def __post_init__(self) -> None:
        self.rows = DataLoader(self._load, cache=False, max_batch_size=1000)

    async def get(self, id: str) -> Product | None:
        row = await self.rows.load(id)
        return None if row is None else row.product()

    async def _load(self, ids: Sequence[str]) -> list[ProductRow | None]:
        async with self.db.read() as session:
            found = await session.scalars(select(ProductRow).where(ProductRow.id.in_(ids)))
            rows = {row.id: row for row in found}
            return [rows.get(id) for id in ids]


@dataclass
class CartsBatched(CartsInSql):
    """`total` asks for all its products at once."""

    async def total(self, id: str) -> Decimal:
        cart = await self.get(id)
        items = cart.items if cart else ()
        products = await asyncio.gather(*(self.products.get(item.product) for item in items))
        prices = (Decimal(0) if product is None else product.price for product in products)
        return sum(
            (price * item.quantity for price, item in zip(prices, items, strict=True)), Decimal(0)
        )
