"""The service: each sum is made of what it is the sum of, and of nothing else."""

from dataclasses import dataclass

from fusionrt.sql import Database
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from consistency.generated.harvest import HarvestService

ORCHARDS = ("North", "South", "West")
FRUITS = ("apples", "pears", "plums")


class Base(DeclarativeBase):
    """Of the table."""


class Row(Base):
    """One cell; one that is not there is 0."""

    __tablename__ = "harvest"

    orchard: Mapped[str] = mapped_column(primary_key=True)
    fruit: Mapped[str] = mapped_column(primary_key=True)
    baskets: Mapped[int]


@dataclass
class HarvestInSql(HarvestService):
    """A harvest in a table."""

    db: Database

    async def orchards(self) -> tuple[str, ...]:
        return ORCHARDS

    async def fruits(self) -> tuple[str, ...]:
        return FRUITS

    async def baskets(self, orchard: str, fruit: str) -> int:
        async with self.db.read() as session:
            row = await session.get(Row, (orchard, fruit))
            return row.baskets if row else 0

    async def of_orchard(self, orchard: str) -> int:
        return sum([await self.baskets(orchard, fruit) for fruit in FRUITS])

    async def of_fruit(self, fruit: str) -> int:
        return sum([await self.baskets(orchard, fruit) for orchard in ORCHARDS])

    async def total(self) -> int:
        return sum([await self.of_orchard(orchard) for orchard in ORCHARDS])

    async def pick(self, orchard: str, fruit: str, more: int = 1) -> None:
        async with self.db.begin() as session:
            row = await session.get(Row, (orchard, fruit), with_for_update=True)
            if row is None:
                session.add(Row(orchard=orchard, fruit=fruit, baskets=more))
            else:
                row.baskets += more
