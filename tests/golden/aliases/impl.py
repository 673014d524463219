import datetime
from collections.abc import Sequence

from .expected.renamed import AliasedThingsService
from .kinds import Kind, Wrapper


class Things(AliasedThingsService):
    def __init__(self) -> None:
        self.count = 0

    async def a(self, kind: Kind, when: datetime.date) -> Kind | None:
        return kind if self.count else None

    async def b(self, x: int | str | None) -> list[dict[str, Kind]]:
        return [{"x": Kind.ONE}] * self.count

    async def d(self, inner: Wrapper.Inner) -> Sequence[Wrapper.Inner]:
        return [inner] * self.count

    async def put(self, kind: Kind, inner: Wrapper.Inner) -> None:
        self.count += 1


async def main() -> None:
    things = Things()
    inner = Wrapper.Inner(1)
    assert await things.a(Kind.ONE, datetime.date(2026, 1, 1)) is None
    assert await things.b("x") == []
    assert await things.d(inner) == []
    await things.put(Kind.ONE, inner)
    assert await things.a(Kind.ONE, datetime.date(2026, 1, 1)) is Kind.ONE
    assert await things.b("x") == [{"x": Kind.ONE}]
    assert await things.d(inner) == [inner]
