from collections.abc import AsyncGenerator, AsyncIterator

from .contract import Tick
from .expected.clock import ClockService


class Clock(ClockService):
    async def ticks(self, every: float = 1) -> AsyncIterator[Tick]:
        yield Tick(1)
        yield Tick(2)

    async def pairs(self) -> AsyncIterator[tuple[Tick, Tick] | None]:
        yield None

    async def names(self, *, prefix: str) -> AsyncIterator[str]:
        yield prefix

    async def closed(self) -> AsyncGenerator[Tick, None]:
        yield Tick(3)

    async def now(self) -> Tick:
        return Tick(0)


async def main() -> None:
    clock = Clock()
    assert [tick async for tick in clock.ticks()] == [Tick(1), Tick(2)]
    assert [name async for name in clock.names(prefix="x")] == ["x"]
    assert [pair async for pair in clock.pairs()] == [None]
    ticks = clock.closed()
    assert await ticks.asend(None) == Tick(3)
    await ticks.aclose()
    assert await clock.now() == Tick(0)
