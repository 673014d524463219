"""NewType, Annotated, Literal, Enum, aliases, dates, Decimal and UUID."""

from __future__ import annotations

import datetime as dt
import uuid
from decimal import Decimal
from enum import Enum, StrEnum
from typing import Annotated, Literal, NewType, Protocol, TypeAlias
from uuid import UUID

from fusionrt import command, compute, service
from msgspec import Meta
from pydantic import Field, PositiveInt

UserId = NewType("UserId", str)
Ids: TypeAlias = tuple[UserId, ...]
Money = Annotated[Decimal, Field(ge=0, decimal_places=2)]
MaybeUser = UserId | None
Years = Annotated[int, Field(ge=0)]
Age = Years


class Colour(Enum):
    RED = 1
    GREEN = 2


class Size(StrEnum):
    S = "s"


@service
class Things(Protocol):
    @compute
    async def of(self, user: UserId, colour: Colour = Colour.RED, size: Size = Size.S) -> Ids: ...

    @compute
    async def price(
        self,
        id: Annotated[str, Meta(min_length=1, pattern="^[a-z]+$")],
        day: dt.date,
        at: dt.datetime,
        time: dt.time,
        span: dt.timedelta,
        ref: UUID,
        mode: Literal["net", "gross", 1, None, True] = "net",
        colour: Literal[Colour.RED, "none"] = "none",
    ) -> Money: ...

    @compute
    async def owner(self, user: MaybeUser) -> Annotated[UserId | None, "who", ("a", -1)]: ...

    @command(invalidates=["of(user, ANY, ANY)", "owner(user)"])
    async def buy(self, user: UserId, amount: Money, ref: uuid.UUID) -> dict[Colour, set[Size]]: ...

    async def older(
        self, age: Annotated[int, Field(ge=0)] | None, by: Age | None
    ) -> PositiveInt | None: ...


from fusionrt import ANY  # noqa: E402

__all__ = ["ANY", "Things"]
