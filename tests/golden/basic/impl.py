from collections.abc import AsyncIterator
from decimal import Decimal

from .contract import Cart, Event
from .expected.carts import CartsService


class Carts(CartsService):
    def __init__(self) -> None:
        self.carts: dict[str, Cart] = {}

    async def get(self, id: str) -> Cart | None:
        return self.carts.get(id)

    async def total(self, id: str) -> Decimal:
        cart = await self.get(id)
        return Decimal(len(cart.owner or "") if cart else 0)

    async def ids(self, owner: str, limit: int = 20) -> tuple[str, ...]:
        return tuple(cart.id for cart in self.carts.values() if cart.owner == owner)[:limit]

    async def put(self, cart: Cart) -> Cart:
        self.carts[cart.id] = cart
        return cart

    async def put_all(self, carts: tuple[Cart, ...]) -> None:
        for cart in carts:
            await self.put(cart)

    async def ping(self) -> str:
        return "pong"

    async def events(self, since: int = 0) -> AsyncIterator[Event]:
        yield Event(since + 1)


async def main() -> None:
    carts = Carts()
    assert await carts.total("1") == 0
    assert await carts.ids("ann") == ()
    total = await carts.computed.total("1")
    await carts.put(Cart("1", "ann"))
    assert not total.is_consistent
    assert await carts.total("1") == 3
    assert await carts.ids("ann") == ("1",)
    await carts.put(Cart("2", None))
    await carts.put_all((Cart("1", "al"),))
    assert await carts.total("1") == 2
    assert await carts.ping() == "pong"
    assert [event async for event in carts.events(4)] == [Event(5)]
