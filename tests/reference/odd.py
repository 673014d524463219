"""A contract of odd types: what travels in another form than it has in Python."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import Enum, Flag, IntEnum, StrEnum, auto
from typing import Generic, Literal, NamedTuple, NotRequired, Protocol, TypedDict, TypeVar

import attrs
import msgspec
from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from fusionrt import service

K = TypeVar("K")
V = TypeVar("V")


class Color(StrEnum):
    RED = auto()
    A = "a"


class Level(IntEnum):
    LOW = 0
    HIGH = 1


class Odd(Enum):
    HALF = 0.5
    PAIR = (1, 2)


class Access(Flag):
    READ = 1
    WRITE = 2


@dataclass(frozen=True)
class Price:
    """A record that needs a conversion, for its union."""

    amount: Decimal | str
    """How much, or a word for it."""
    flags: tuple[int | bool | float, ...] = ()


@dataclass
class Tree:
    value: str | int
    children: list[Tree] = field(default_factory=list)


@dataclass
class Pair(Generic[K, V]):
    second: V
    first: K


class Cat(msgspec.Struct, tag=True):
    name: str


class Dog(msgspec.Struct, tag="dog", tag_field="kind", rename="camel"):
    its_name: str
    its_age: int = msgspec.field(default=1, name="years")


class Row(msgspec.Struct, array_like=True, tag="row"):
    id: int
    name: str = ""


class Bird(msgspec.Struct, tag=True):
    wings: int = 2


class Span(NamedTuple):
    start: int
    end: int = 0


class Options(TypedDict):
    limit: int
    order: NotRequired[str]


class Account(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)

    owner_name: str
    data: Decimal | None = None


@attrs.frozen
class Tag:
    """An attrs class: it travels by the names of its fields, whatever its parameters are called."""

    name: str = attrs.field(alias="called")
    _weight: Decimal = Decimal(1)
    parts: tuple[str, ...] = attrs.field(factory=tuple)


@service
class Things(Protocol):
    async def scalars(self, a: bytes, b: date | datetime, c: int | float | str | None) -> Odd: ...

    async def enums(
        self, a: Color, b: Level, c: Access, d: Odd | None, e: Color | Level
    ) -> str: ...

    async def literals(
        self,
        a: Literal["a", "b"] | int,
        b: Literal[Color.A, None],
        c: Literal[1, True, "x"],
        d: dict[Literal["a", "b"], int],
    ) -> Literal[Odd.HALF]: ...

    async def records(self, a: Price, b: Tree, c: Span, d: Options, e: Account) -> Price | Tree: ...

    async def structs(self, a: Cat, b: Dog, c: Row, d: Cat | Bird, e: Cat | Price) -> Bird: ...

    async def attributes(
        self, a: Tag, b: Tag | str, c: list[Tag] | str, d: Tag | Price | None
    ) -> list[Tag]: ...

    async def generics(self, a: Pair[int, str], b: Pair[int | bool, Pair[str, Odd]]) -> None: ...

    async def tables(
        self, a: dict[str, Price], b: dict[int, str], c: dict[bool, int], d: dict[Odd, bytes]
    ) -> dict[tuple[int, str], list[Span]]: ...

    async def unions(
        self,
        a: list[int] | dict[str, int],
        b: list[int] | Span,
        c: Span | Options | None,
        d: Cat | Options,
        e: Account | str,
        f: tuple[date | str, ...] | None,
        g: Price | int | None,
        h: list[Price] | int,
    ) -> set[int] | frozenset[str]: ...
