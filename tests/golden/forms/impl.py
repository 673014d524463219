from collections.abc import Collection, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from ipaddress import IPv4Address, IPv6Address, IPv6Network
from pathlib import Path, PurePath
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import EmailStr, HttpUrl, JsonValue, SecretStr

from .expected.forms import FormsService
from .types import Json, Meta, Patch, Price, Settings, Tree, Where


class Beside:
    """Has an initialiser, which the Protocol of typing_extensions would hide."""

    def __init__(self) -> None:
        self.gone: set[Path] = set()
        self.ran: list[object] = []


class Forms(FormsService, Beside):
    async def kept(self, where: Path | None) -> bool:
        return where not in self.gone

    async def find(
        self,
        names: Sequence[str],
        tags: AbstractSet[str] | None = None,
        zone: ZoneInfo | None = None,
        tree: Tree = 0,
        *,
        host: IPv4Address | IPv6Network | str = "",
        mail: EmailStr | None = None,
    ) -> Json:
        self.ran.append(names)
        return {"names": list(names), "zone": zone.key if zone else None}

    async def sums(self, numbers: Iterable[float]) -> Mapping[str, float]:
        self.ran.append(numbers)
        return {"sum": sum(numbers)}

    async def drop(self, paths: Iterable[Path], zone: ZoneInfo | None = None) -> int:
        self.gone.update(paths)
        return len(self.gone)

    async def patch(self, patch: Patch, numbers: Sequence[float] = ()) -> Patch | None:
        return patch

    async def echo(self, value: JsonValue, more: list[Json | None]) -> dict[str, JsonValue]:
        return {"value": value}

    async def price(self, of: Price, meta: Meta) -> tuple[Price, Settings] | Price:
        return (of, Settings(Where(Path("a"))))

    async def bare(self, a: dict[Any, Any], b: tuple[Any, ...], c: Collection[Any]) -> list[Any]:
        return [*a, *b, *c]

    async def texts(
        self, a: PurePath, b: dict[Path, IPv6Address], c: HttpUrl, d: SecretStr
    ) -> set[ZoneInfo] | str:
        return {ZoneInfo("UTC")}


async def main() -> None:
    forms = Forms()
    zone = ZoneInfo.no_cache("Europe/Berlin")
    assert await forms.find(["a"], zone=zone) == {"names": ["a"], "zone": "Europe/Berlin"}
    await forms.find(("a",), None, ZoneInfo("Europe/Berlin"))
    assert forms.ran == [("a",)]
    assert await forms.kept(Path("a"))
    assert await forms.drop(iter([Path("a")])) == 1
    assert not await forms.kept(Path("a"))
    assert await forms.sums(range(3)) == {"sum": 3.0}
    assert await forms.sums(float(each) for each in (0, 1, 2)) == {"sum": 3.0}
    assert forms.ran == [("a",), (0.0, 1.0, 2.0)]
