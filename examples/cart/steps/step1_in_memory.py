"""Step 1: plain objects. No host, no broker, no database."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from shop.services import CartsInMemory, ProductsInMemory
from steps import Shop


@asynccontextmanager
async def shop() -> AsyncIterator[Shop]:
    products = ProductsInMemory()
    carts = CartsInMemory(products)
    yield Shop(products, carts, carts)
