from collections.abc import AsyncIterator

from .contract import Cart
from .expected.carts import CartsService
from .expected.numbers import NumbersService
from .repository import Page


class Carts_(CartsService):
    def __init__(self) -> None:
        self.carts: dict[str, Cart] = {}

    async def get(self, id: str) -> Cart | None:
        return self.carts.get(id)

    async def page(self, start: int = 0) -> Page[Cart]:
        return Page(tuple(self.carts.values())[start:])

    async def put(self, id: str, item: Cart) -> Cart | None:
        previous = self.carts.get(id)
        self.carts[id] = item
        return previous

    async def items(self) -> AsyncIterator[Cart]:
        for cart in self.carts.values():
            yield cart


class Numbers_(NumbersService):
    async def get(self, id: int) -> tuple[int, ...] | None:
        return (id,)

    async def page(self, start: int = 0) -> Page[tuple[int, ...] | None]:
        return Page(((start,), None))

    async def count(self) -> int:
        return 2


async def main() -> None:
    carts = Carts_()
    assert await carts.get("1") is None
    assert await carts.put("1", Cart("1", 5)) is None
    assert await carts.get("1") == Cart("1", 5)
    assert await carts.page() == Page((Cart("1", 5),))
    assert [cart.id async for cart in carts.items()] == ["1"]
    assert await Numbers_().get(3) == (3,)
    assert (await Numbers_().page()).items == ((0,), None)
