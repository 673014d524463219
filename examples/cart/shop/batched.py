"""Step 3: reads that are asked for together become one query."""

import asyncio
from dataclasses import dataclass
from decimal import Decimal

from shop.contracts import Product
from shop.sql import CartsInSql, ProductRow, ProductsInSql


@dataclass
class ProductsBatched(ProductsInSql):
    """`get` hands its id to a loader, which asks for all ids of one turn of the loop at once."""

    async def get(self, id: str) -> Product | None:
        row = await self.db.loader(ProductRow).load(id)
        return None if row is None else row.product()


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
