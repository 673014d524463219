from decimal import Decimal

from .contract import Order
from .expected.search import SearchService
from .limits import Depth


class Search(SearchService):
    def __init__(self) -> None:
        self.learnt = 0

    async def find(
        self,
        text: str,
        /,
        limit: int = 20,
        *,
        order: Order = Order.UP,
        depth: Depth | None = Depth.SHALLOW,
        score: float = -0.5,
        tags: tuple[str, ...] = ("a", 'b"c'),
        one: tuple[int, ...] = (1,),
        none: tuple[int, ...] = (),
        raw: bytes = b"\x00",
        top: int = 13,
        deep: Decimal = Decimal(3),
        flag: bool = False,
    ) -> int:
        assert (order, depth, score, tags) == (Order.UP, Depth.SHALLOW, -0.5, ("a", 'b"c'))
        assert (one, none, raw, top, deep, flag) == ((1,), (), b"\x00", 13, Decimal(3), False)
        return limit + self.learnt

    async def count(self, *, text: str | None = None) -> int:
        return self.learnt

    async def plain(self, a: int, b: int, /) -> int:
        return a + b + self.learnt

    async def learn(self, text: str, /, *, weight: float = 1e3) -> None:
        self.learnt += int(weight)


async def main() -> None:
    search = Search()
    assert await search.find("x") == 20
    assert await search.find("x", 5) == 5
    assert await search.count(text="x") == await search.count() == 0
    assert await search.plain(1, 2) == 3
    await search.learn("x", weight=2)
    assert await search.find("x") == 22
    assert await search.count(text="x") == await search.count() == 2
    assert await search.plain(1, 2) == 5
