"""What a command changed in other services of its host is seen when it returns (D15)."""

from __future__ import annotations

import asyncio
import math
from decimal import Decimal

import pytest
from shop.contracts import Cart, Item, Product
from shop.generated.carts import CartsClient
from shop.generated.products import ProductsClient
from shop.services import CartsInMemory, ProductsInMemory

from fusionrt import Host
from fusionrt.rpc.host import read_your_writes
from fusionrt.testing import run
from fusionrt.transport.memory import Faults, MemoryNetwork


@pytest.mark.parametrize("moment", [read_your_writes.MOMENT, math.inf])
def test_D15_other_services_of_the_same_host_are_seen_as_well(
    moment: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever else the services say in the same tick, invalidations go out before the result;
    also where none but the first was hastened.
    """
    monkeypatch.setattr(read_your_writes, "MOMENT", moment)
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


async def test_what_a_command_invalidates_leaves_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever watches it asks again while other hosts are told, and its caller is answered."""
    network = MemoryNetwork()
    transport = network.connect("serving")
    publish, subjects = transport.publish, list[str]()

    def noted(subject: str, payload: bytes, reply: str = "", *, held: bool = False) -> None:
        subjects.append(subject)
        publish(subject, payload, reply, held=held)

    monkeypatch.setattr(transport, "publish", noted)
    serving, calling = Host(transport=transport), Host(transport=network.connect("calling"))
    watching = Host(transport=network.connect("watching"))
    async with watching, calling, serving:
        await serving.serve(ProductsInMemory({"p": Product("p", Decimal(1))}))
        before = await watching.client(ProductsClient).computed.get("p")
        client = calling.client(ProductsClient)
        assert await client.get("p") == before.value
        subjects.clear()
        await client.set_price("p", Decimal(2))
        await before.invalidated()
        watched, caller, nudge, answer = subjects
    assert nudge == "fusion.op.products" and caller == answer
    assert {watched.rpartition(".")[2], caller.rpartition(".")[2]} == {"products"}
