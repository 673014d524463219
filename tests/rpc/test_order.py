"""What a command changed in other services of its host is seen when it returns (D15)."""

from __future__ import annotations

import asyncio
from decimal import Decimal

from shop.contracts import Cart, Item, Product
from shop.generated.carts import CartsClient
from shop.generated.products import ProductsClient
from shop.services import CartsInMemory, ProductsInMemory

from fusionrt import Host
from fusionrt.testing import run
from fusionrt.transport.memory import Faults, MemoryNetwork


def test_D15_other_services_of_the_same_host_are_seen_as_well() -> None:
    """Whatever else the services say in the same tick, invalidations go out before the result."""
    for seed in range(20):
        run(_other_services(seed), seed=seed)


async def _other_services(seed: int) -> None:
    network = MemoryNetwork(seed, Faults(delay=(0.0, 0.01)))
    serving = Host(transport=network.connect("serving"))
    calling = Host(transport=network.connect("calling"))
    async with calling, serving:
        products = ProductsInMemory({"p": Product("p", Decimal(1))})
        await serving.serve(products)
        await serving.serve(CartsInMemory(products, {"1": Cart("1", (Item("p", 1),))}))
        carts, client = calling.client(CartsClient), calling.client(ProductsClient)

        async def change(price: int) -> None:
            await client.set_price("p", Decimal(price))
            assert await carts.total("1") == price

        for price in range(2, 12):
            await carts.total("1")
            # The first command's result is on its way out when the second one invalidates.
            await asyncio.gather(client.put(Product("other", Decimal(price))), change(price))
        assert serving.statistics().outlet.ahead >= 10
