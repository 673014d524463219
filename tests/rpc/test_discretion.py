"""What travels about an invalidation names nothing of another principal (D28)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Protocol

import pytest
from shop.contracts import Cart, Item, Product
from shop.generated.carts import CartsClient
from shop.generated.products import ProductsClient
from shop.services import CartsInMemory, ProductsInMemory

from fusionrt import Computed, Host, MutableState, current
from fusionrt.transport.memory import MemoryNetwork
from tests.lab import LabClient, TinyLab
from tests.waiting import until


@dataclass(eq=False)
class SecretLab(TinyLab):
    """Its results are invalidated in every way."""

    state: MutableState[int] = field(default_factory=lambda: MutableState(1))

    async def double(self, key: str) -> int:
        if key == "expiring":
            current().invalidate_in(0.01)
        return await self.state.use()


class Connect(Protocol):
    """Makes a host of a principal."""

    def __call__(self, principal: str, *confidants: str) -> Host: ...


@pytest.fixture(params=["memory", "nats"])
async def connect(request: pytest.FixtureRequest, nats_server: str) -> AsyncIterator[Connect]:
    """Hosts over a broker, and without one."""
    network, count = MemoryNetwork(1), [0]

    def over_memory(principal: str, *confidants: str) -> Host:
        count[0] += 1
        transport = network.connect(f"host{count[0]}")
        return Host(transport=transport, principal=principal, confidants=confidants)

    def over_nats(principal: str, *confidants: str) -> Host:
        return Host(nats_server, principal=principal, confidants=confidants)

    yield over_memory if request.param == "memory" else over_nats


async def reason(computed: Computed[Any]) -> str:
    """Why it was invalidated, as its holder reads it."""
    await until(lambda: computed.origin is not None)
    return str(computed.origin)


WAYS = {
    "a command": ("lab.put invalidated lab.get", "lab.put invalidated lab.get('secret')"),
    "a line": ("lab.get was invalidated", "invalidated at test_discretion.py:"),
    "a state": ("a state was set", "set at test_discretion.py:"),
    "expiry": ("it expired", "expired after 0.01 s"),
    "the end": ("lab: its host shuts down", "lab: its host shuts down"),
}


@pytest.mark.parametrize("way", WAYS)
async def test_D28_only_confidants_read_arguments_and_lines(connect: Connect, way: str) -> None:
    """Others read the names of services and methods; who holds the host's principal reads all."""
    outline, full = WAYS[way]
    lab = SecretLab({"secret": 1})
    async with AsyncExitStack() as stack:
        serving = await stack.enter_async_context(connect("shop", "ops"))
        await serving.serve(lab)
        held = {}
        for principal in ("shop", "ops", "guest", "anonymous", "console"):
            host = await stack.enter_async_context(connect(principal))
            client = host.client(LabClient)
            if way in ("a state", "expiry"):
                held[principal] = await client.computed.double(
                    "expiring" if way == "expiry" else "x"
                )
            else:
                held[principal] = await client.computed.get("secret")
        match way:
            case "a command":
                await client.put("secret", 2)
            case "a line":
                lab.invalidate.get("secret")
            case "a state":
                lab.state.set(2)
            case "the end":
                await serving.__aexit__(None, None, None)
        for principal in ("shop", "ops"):
            assert (await reason(held[principal])).startswith(full)
        for principal in ("guest", "anonymous", "console"):
            assert await reason(held[principal]) == outline
        if way == "the end":
            await serving.__aenter__()


async def test_D28_what_a_confidant_was_told_goes_no_further(connect: Connect) -> None:
    """Over several hosts, too: what one host of a principal tells the next, guests do not read."""
    async with AsyncExitStack() as stack:
        products, carts, shop, guest = [
            await stack.enter_async_context(connect(principal))
            for principal in ("shop", "shop", "shop", "guest")
        ]
        await products.serve(ProductsInMemory({"secret": Product("secret", Decimal(1))}))
        contents = {"1": Cart("1", (Item("secret", 1),))}
        await carts.serve(CartsInMemory(carts.client(ProductsClient), contents))
        totals = [await host.client(CartsClient).computed.total("1") for host in (shop, guest)]
        await guest.client(ProductsClient).set_price("secret", Decimal(2))
        reasons = [await reason(total) for total in totals]
        assert reasons == [
            "products.set_price invalidated products.get('secret')",
            "a result of products was invalidated",
        ]


async def test_D28_without_principals_all_is_told(connect: Connect) -> None:
    """Whoever names no principal, as in the demo, shares one, and confides in the command line."""
    async with AsyncExitStack() as stack:
        serving = await stack.enter_async_context(connect("anonymous"))
        await serving.serve(TinyLab({"a": 1}))
        callers = [
            (await stack.enter_async_context(connect(principal))).client(LabClient)
            for principal in ("anonymous", "console")
        ]
        held = [await client.computed.get("a") for client in callers]
        await callers[0].put("a", 2)
        for computed in held:
            assert await reason(computed) == "lab.put invalidated lab.get('a')"
