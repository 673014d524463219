"""Step 2: a database, which also holds the log of what commands changed."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fusionrt import Host
from fusionrt.sql import Database

from shop.sql import Base, CartsInSql, ProductsInSql
from steps import Shop


@asynccontextmanager
async def shop(url: str, nats: str | None = None) -> AsyncIterator[Shop]:
    async with Database(url) as db:
        await db.create_all(Base.metadata)
        async with Host(nats, log=db.log()) as host:
            products = ProductsInSql(db)
            carts = CartsInSql(db, products)
            await host.serve(products)
            await host.serve(carts)
            yield Shop(products, carts, carts)
