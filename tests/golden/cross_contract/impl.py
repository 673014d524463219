from collections import Counter

from .contract import Line
from .expected.baskets import BasketsService
from .expected.products import ProductsService

STOCK = Counter(apple=5)
LINES = Counter[str]()


class Baskets(BasketsService):
    async def count(self, product: str) -> int:
        return LINES[product]

    async def fill(self, lines: tuple[Line, ...]) -> None:
        for line in lines:
            if line.product is not None:
                LINES[line.product] += line.count
                STOCK[line.product] -= line.count


class Products(ProductsService):
    async def stock(self, product: str, depot: str = "main") -> int:
        return STOCK[product]

    async def names(self) -> tuple[str, ...]:
        return tuple(STOCK)

    async def remove(self, products_: str) -> None:
        del STOCK[products_], LINES[products_]


async def main() -> None:
    baskets, products = Baskets(), Products()
    assert (await products.stock("apple"), await baskets.count("apple")) == (5, 0)
    await baskets.fill((Line("apple", 2), Line(None, 1)))
    assert (await products.stock("apple"), await baskets.count("apple")) == (3, 2)
    await products.remove("apple")
    assert (await products.stock("apple"), await baskets.count("apple")) == (0, 0)
