from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID

from .contract import Cat, Dog, Fish, Pet
from .expected.zoo import ZooService


class Zoo(ZooService):
    async def number(self, value: int | bool | float) -> str:
        return type(value).__name__

    async def text(self, value: str | Decimal | UUID | None = None) -> str:
        return type(value).__name__

    async def pet(self, pet: Pet, when: date | datetime) -> Pet | None:
        return pet

    async def pets(self, pets: tuple[Cat | Dog, ...]) -> dict[str, list[Pet | None]]:
        return {"all": [*pets, None]}


async def main() -> None:
    zoo = Zoo()
    assert [await zoo.number(value) for value in (1, True, 1.0)] == ["int", "bool", "float"]
    assert [await zoo.text(value) for value in ("1", Decimal(1))] == ["str", "Decimal"]
    now = datetime(2026, 1, 1, tzinfo=UTC)
    assert await zoo.pet(Cat("a"), now) == Cat("a")
    assert await zoo.pet(Dog("a"), now) == Dog("a")
    assert await zoo.pet(Fish(name="a"), now.date()) == Fish(name="a")
    assert await zoo.pets((Cat("a"), Dog("a"))) == {"all": [Cat("a"), Dog("a"), None]}
