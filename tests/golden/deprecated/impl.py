import warnings
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

from .expected.carts import CartsService


class Carts_(CartsService):
    def __init__(self) -> None:
        self.totals: dict[str, int] = {}

    async def total(self, id: str) -> int:
        return self.totals.get(id, 0)

    async def sum(self, id: str, limit: int = 20) -> int:
        return min(limit, await self.total(id))

    async def set(self, id: str, total: int) -> None:
        self.totals[id] = total

    async def ping(self) -> str:
        return "pong"

    async def events(self) -> AsyncIterator[int]:
        yield 1

    async def deprecated(self) -> str:
        return "no"


@contextmanager
def warned(*messages: str, file: str = __file__) -> Iterator[None]:
    """Exactly these warnings are raised inside, and in lines of the file."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield
    told = [str(each.message).replace('"', "").removesuffix(".") for each in caught]
    assert told == [*messages]
    assert all(each.category is DeprecationWarning for each in caught)
    assert {Path(each.filename) for each in caught} <= {Path(file)}


async def main() -> None:
    carts = Carts_()
    with warned():
        assert await carts.total("a") == 0
        assert await carts.deprecated() == "no"
        carts.invalidate.sum("a")
    for _ in range(2):  # computed, and from the cache
        with warned("Use `total`"):
            assert await carts.sum("a") == 0
    with warned("Use `put`, which says when"):
        await carts.set("a", 30)
    with warned(*["Use `total`"] * 4):
        assert carts.peek.sum("a") is None
        assert await carts.sum("a") == 20
        assert (await carts.computed.sum("a")).value == 20
        async for computed in carts.changes.sum("a"):
            assert computed.value == 20
            break
    with warned("Watch `changes.total`"):
        assert [item async for item in carts.events()] == [1]
    with warned("This sentence is so long that it does not fit: not on a line, and not on its own"):
        assert await carts.ping() == "pong"
