"""Records of every family, nested, generic and recursive, as arguments and as results."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Generic, NamedTuple, Protocol, TypedDict, TypeVar

import msgspec
import pydantic
from fusionrt import command, compute, service
from pydantic import BaseModel, ConfigDict

T = TypeVar("T")


@dataclass(frozen=True)
class Point:
    x: int
    y: int = 0
    tags: tuple[str, ...] = field(default=())


class Box(msgspec.Struct, frozen=True):
    corner: Point
    size: float


class NamedBox(Box, frozen=True):
    name: str


class Base(BaseModel):
    model_config = ConfigDict(frozen=True)


class Shape(Base):
    id: int
    box: Point | None = None

    class Style(BaseModel, frozen=True):
        colour: str = "red"


class Place(NamedTuple):
    name: str
    point: Point


class Row(TypedDict, total=False):
    id: int


@pydantic.dataclasses.dataclass(frozen=True)
class Checked:
    id: int


@dataclass
class Tree:
    value: int
    children: list[Tree]


@dataclass(frozen=True)
class Page(Generic[T]):
    items: tuple[T, ...]


@service
class Shapes(Protocol):
    @compute
    async def area(
        self, point: Point, box: Box, named: NamedBox, style: Shape.Style, place: Place
    ) -> float: ...

    @compute
    async def shape(self, checked: Checked) -> dict[str, list[Shape | None]]: ...

    @compute
    async def page(self) -> Page[Box]: ...

    @command(invalidates=["shape(checked)", "page()"])
    async def draw(self, shape: Shape, checked: Checked, rows: list[Row]) -> Tree: ...

    async def anything(self, data: dict[str, Any]) -> object: ...
