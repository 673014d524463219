from collections.abc import AsyncIterator

from . import other
from .contract import AnyArgument, CartsClient, Contract, Keys, Signature, Types
from .expected.carts import CartsService


class Carts(CartsService):
    def __init__(self) -> None:
        self.count = 0

    async def get(this, self: str, keys: str, hit: int = 0, miss: int = 0) -> Contract:
        return Contract(f"{self}{keys}{this.count}")

    async def by(self, client: CartsClient, other: other.CartsClient) -> AnyArgument:
        return AnyArgument(client.id + other.name)

    async def type(self, scope: str, current_scope: str) -> tuple[Types, Signature]:
        return Types(scope), Signature(current_scope)

    async def put(
        self, keys: str, carts_: str, ANY_: tuple[Keys, ...], CartsInvalidate: int
    ) -> Types:
        self.count += CartsInvalidate
        return Types(keys)

    async def watch(self, Coroutine: int) -> AsyncIterator[Signature]:
        yield Signature(str(Coroutine))


async def main() -> None:
    carts = Carts()
    assert await carts.get("a", "b") == Contract("ab0")
    assert await carts.get("c", "b", 1) == Contract("cb0")
    await carts.put("a", "b", (Keys(None), Keys("c")), 1)
    assert await carts.get("a", "b") == Contract("ab1")
    assert await carts.get("c", "b", 1) == Contract("cb1")
    assert await carts.by(CartsClient("a"), other.CartsClient("b")) == AnyArgument("ab")
    assert await carts.type("a", "b") == (Types("a"), Signature("b"))
    assert [each async for each in carts.watch(1)] == [Signature("1")]
