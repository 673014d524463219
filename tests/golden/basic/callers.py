"""What users write, and the types that it has: each type checker must agree."""

import asyncio
from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import assert_type

from fusionrt import Computed, ComputedState, Host, MutableState, computed

from .contract import Cart, Carts, Event
from .expected.carts import CartsClient, CartsLive, CartsService
from .impl import Carts as InMemory


class LoudClient(CartsClient):
    """A client with methods of its own in the place of generated ones."""

    async def get(self, id: str) -> Cart | None:
        return await super().get(id.lower())

    async def put(self, cart: Cart) -> Cart:
        return await super().put(cart)

    async def ping(self) -> str:
        return (await super().ping()).upper()


class Cached(InMemory):
    """A service that reads others, and itself."""

    def __init__(self, others: CartsLive) -> None:
        super().__init__()
        self.others = others

    async def total(self, id: str) -> Decimal:
        return await super().total(id) + await self.others.total(id)

    async def put(self, cart: Cart) -> Cart:
        self.invalidate.ids("nobody", 20)
        return await super().put(cart)


async def reads(carts: Carts) -> None:
    """By the contract alone."""
    assert_type(await carts.get("1"), Cart | None)
    assert_type(await carts.ids("ann", limit=3), tuple[str, ...])
    assert_type(await asyncio.create_task(carts.total("1")), Decimal)
    assert_type(await asyncio.gather(carts.ping(), carts.total("1")), tuple[str, Decimal])
    async for event in carts.events():
        assert_type(event, Event)


async def watches(carts: CartsLive) -> None:
    """By the contract and its accessors."""
    assert_type(await carts.computed.total("1"), Computed[Decimal])
    assert_type(carts.peek.ids("ann"), Computed[tuple[str, ...]] | None)
    async for each in carts.changes.get("1"):
        assert_type(each, Computed[Cart | None])
        assert_type(each.value, Cart | None)
        assert_type(await each.use(), Cart | None)
        assert_type(await each.update(), Computed[Cart | None])
    found = await (await carts.computed.total("1")).when(lambda total: total > 3)
    assert_type(found, Computed[Decimal])
    task = asyncio.create_task(carts.computed.total("1"), name="total")
    assert_type(await task, Computed[Decimal])


async def derives(carts: CartsLive, limit: MutableState[int]) -> None:
    """Results of one's own."""

    async def sums() -> Decimal:
        return await carts.total("1") + await limit.use()

    assert_type(await computed(sums).use(), Decimal)
    async with ComputedState(sums) as state:
        assert_type(state.value, Decimal)
    async with ComputedState(lambda: carts.ids("ann")) as ids:
        assert_type(ids.value, tuple[str, ...])


async def calls(client: CartsClient, service: CartsService) -> None:
    """A client and a service, in the place of what they implement."""
    for each in (client, client.with_options(timeout=2.0, stale_ok=True)):
        assert_type(each, CartsClient)
        await reads(each)
        await watches(each)
    await reads(service)
    await watches(service)
    assert_type(await service.put(Cart("1", None)), Cart)
    assert_type(await client.put(Cart("1", None)), Cart)
    await client.put_all((Cart("1", None),))
    service.invalidate.get("1")
    read: Callable[[str], Awaitable[Decimal]] = client.total
    assert_type(await read("1"), Decimal)
    async with asyncio.TaskGroup() as tasks:
        assert_type(tasks.create_task(client.ping()), asyncio.Task[str])


async def serves(host: Host) -> None:
    """Both ends."""
    client = host.client(CartsClient)
    assert_type(client, CartsClient)
    assert_type(host.client(LoudClient), LoudClient)
    await host.serve(Cached(client))
