"""Recursive aliases and JSON, paths, addresses and zones, UNSET, containers that do not say of what
and abstract ones; on a Protocol of typing_extensions."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from ipaddress import IPv4Address, IPv6Address, IPv6Network
from pathlib import Path, PurePath
from zoneinfo import ZoneInfo

from fusionrt import command, compute, service
from pydantic import EmailStr, HttpUrl, JsonValue, SecretStr
from typing_extensions import Protocol, override

from .types import Json, Meta, Patch, Price, Settings, Tree


class Kept(Protocol):
    @compute
    async def kept(self, where: Path) -> bool: ...


@service
class Forms(Kept, Protocol):
    @override
    @compute
    async def kept(self, where: Path | None) -> bool: ...

    @compute
    async def find(
        self,
        names: Sequence[str],
        tags: AbstractSet[str] | None = None,
        zone: ZoneInfo | None = None,
        tree: Tree = 0,
        *,
        host: IPv4Address | IPv6Network | str = "",
        mail: EmailStr | None = None,
    ) -> Json: ...

    @compute
    async def sums(self, numbers: Iterable[float]) -> Mapping[str, float]: ...

    @command(invalidates=["find(ANY, ANY, zone, ANY)", "kept(each) for each in paths"])
    async def drop(self, paths: Iterable[Path], zone: ZoneInfo | None = None) -> int: ...

    @command(invalidates=["sums(numbers)"])
    async def patch(self, patch: Patch, numbers: Sequence[float] = ()) -> Patch | None: ...

    async def echo(self, value: JsonValue, more: list[Json | None]) -> dict[str, JsonValue]: ...

    async def price(self, of: Price, meta: Meta) -> tuple[Price, Settings] | Price: ...

    async def bare(self, a: dict, b: tuple, c: Collection) -> list: ...  # type: ignore[type-arg]

    async def texts(
        self, a: PurePath, b: dict[Path, IPv6Address], c: HttpUrl, d: SecretStr
    ) -> set[ZoneInfo] | str: ...


from fusionrt import ANY  # noqa: E402

__all__ = ["ANY", "Forms"]
