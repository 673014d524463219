"""Types in the spellings that teams write daily."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import ClassVar, Final, NotRequired, TypeAlias, Union
from zoneinfo import ZoneInfo

import typing_extensions as te
from msgspec import UNSET, Struct, UnsetType
from pydantic import JsonValue
from typing_extensions import ReadOnly, TypeAliasType, TypedDict

Json = TypeAliasType("Json", "bool | int | float | str | list[Json] | dict[str, Json] | None")
Tree: TypeAlias = "int | tuple[Tree, ...]"
Price = Union[Decimal, str, "dict[str, Price]"]


class Patch(Struct, frozen=True):
    """What to change; what is not set stays."""

    name: str | UnsetType = UNSET
    note: str | Path | UnsetType | None = UNSET


class Meta(TypedDict):
    id: ReadOnly[str]
    tree: NotRequired[ReadOnly[Json]]


class Where(te.NamedTuple):
    path: Path
    zone: ZoneInfo = ZoneInfo("UTC")


@dataclass(frozen=True)
class Settings:
    where: Where
    raw: JsonValue = None
    KINDS: ClassVar[list[str]] = ["a"]
    LIMIT: Final[int] = 3
