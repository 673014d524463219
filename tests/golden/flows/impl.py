from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator

from .contract import Page, Row
from .expected.flows import FlowsService


class Flows(FlowsService):
    def __init__(self) -> None:
        self.sum = 0

    async def total(self, name: str) -> int:
        return self.sum

    async def load(self, name: str, rows: AsyncIterator[Row]) -> int:
        async for row in rows:
            self.sum += row.number
        return self.sum

    async def count(self, *, items: AsyncIterable[Row | None]) -> int:
        return len([item async for item in items])

    async def both(self, rows: AsyncIterator[Row], /) -> AsyncGenerator[tuple[Row, ...], None]:
        async for row in rows:
            yield row, row

    async def open(self, name: str) -> tuple[Page, AsyncIterator[Row]]:
        return Page(name), rows(2)

    async def relay(
        self, self_: int, rows: AsyncIterator[Row]
    ) -> tuple[Page, int | None, AsyncIterator[Row]]:
        return Page("relay"), self_, rows

    async def ticks(self) -> AsyncIterator[int]:
        yield 1


async def rows(count: int) -> AsyncIterator[Row]:
    for number in range(count):
        yield Row(number)


async def main() -> None:
    flows = Flows()
    assert await flows.total("a") == 0
    assert await flows.load("a", rows(4)) == 6
    assert await flows.total("a") == 6
    assert await flows.count(items=rows(3)) == 3
    assert [pair async for pair in flows.both(rows(1))] == [(Row(0), Row(0))]
    page, opened = await flows.open("b")
    assert (page, [row async for row in opened]) == (Page("b"), [Row(0), Row(1)])
    page, number, relayed = await flows.relay(5, rows(2))
    assert (page, number, [row async for row in relayed]) == (Page("relay"), 5, [Row(0), Row(1)])
    assert [tick async for tick in flows.ticks()] == [1]
