import datetime as dt
from decimal import Decimal
from typing import Literal
from uuid import UUID

from .contract import Colour, Ids, Size, UserId
from .expected.things import ThingsService


class Things(ThingsService):
    def __init__(self) -> None:
        self.bought = 0

    async def of(self, user: UserId, colour: Colour = Colour.RED, size: Size = Size.S) -> Ids:
        return (user,) * self.bought

    async def price(
        self,
        id: str,
        day: dt.date,
        at: dt.datetime,
        time: dt.time,
        span: dt.timedelta,
        ref: UUID,
        mode: Literal["net", "gross", 1, None, True] = "net",
        colour: Literal[Colour.RED, "none"] = "none",
    ) -> Decimal:
        return Decimal("1.50")

    async def owner(self, user: UserId | None) -> UserId | None:
        return user if self.bought else None

    async def buy(self, user: UserId, amount: Decimal, ref: UUID) -> dict[Colour, set[Size]]:
        self.bought += 1
        return {Colour.RED: {Size.S}}

    async def older(self, age: int | None, by: int | None) -> int | None:
        return None if age is None or by is None else age + by


async def main() -> None:
    things = Things()
    user = UserId("ann")
    assert await things.of(user) == ()
    assert await things.owner(user) is None
    assert await things.buy(user, Decimal(1), UUID(int=1)) == {Colour.RED: {Size.S}}
    assert await things.of(user, Colour.RED) == (user,)
    assert await things.owner(user) == user
    now = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    price = await things.price("a", now.date(), now, now.time(), dt.timedelta(1), UUID(int=1), 1)
    assert price == Decimal("1.50")
    assert [await things.older(1, by) for by in (None, 2)] == [None, 3]
