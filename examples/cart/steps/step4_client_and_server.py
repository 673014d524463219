"""Step 4: a server, and a client that reads and writes over the network."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fusionrt import Host

from shop.generated.carts import CartsClient
from shop.generated.products import ProductsClient
from steps import Shop, step3_batched


@asynccontextmanager
async def shop(url: str, nats: str | None = None) -> AsyncIterator[Shop]:
    async with step3_batched.shop(url, nats), Host(nats) as host:
        carts = host.client(CartsClient)
        yield Shop(host.client(ProductsClient), carts, carts)
