"""Step 3: the same, with services that ask the database for many rows at once."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fusionrt import Host
from fusionrt.sql import Database

from shop.batched import CartsBatched, ProductsBatched
from shop.sql import Base
from steps import Shop


@asynccontextmanager
async def shop(url: str, nats: str | None = None) -> AsyncIterator[Shop]:
    async with Database(url) as db:
        await db.create_all(Base.metadata)
        async with Host(nats, log=db.log()) as host:
            products = ProductsBatched(db)
            carts = CartsBatched(db, products)
            await host.serve(products)
            await host.serve(carts)
            yield Shop(products, carts, carts)
