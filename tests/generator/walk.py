"""The forms of types that contracts may use, each with a value: what `test_walk` walks through.

A row is a type, a value of it, and whether the type can be an argument of a compute method. Both
are spelled as in a module that has all of `IMPORTS` and `THINGS`.
"""

from __future__ import annotations

__all__ = ["IMPORTS", "ROWS", "THINGS"]

IMPORTS = """\
import datetime as dt
import enum
import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property, total_ordering
from typing import Annotated, Any, ClassVar, Generic, Literal, NamedTuple, NewType
from typing import NotRequired, Optional, TypedDict, TypeVar, Union

import attr
import attrs
import msgspec
import pydantic
import pydantic.dataclasses
"""

THINGS = """\
T = TypeVar("T")
S = TypeVar("S")
Name = NewType("Name", str)
Ids = tuple[int, ...]


class Color(enum.Enum):
    RED = 1
    HALF = 0.5


class Sly(enum.Enum):
    A = 1
    B = 2

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sly)

    def __hash__(self) -> int:
        return 1


@dataclass(frozen=True)
class Point:
    x: float
    next: "Point | None" = None
    home: ClassVar[int] = 3

    @cached_property
    def double(self) -> float:
        return 2 * self.x


@dataclass(frozen=True)
class Further(Point):
    pass


class Undecorated(Point):
    pass


@dataclass
class Open:
    _id: str
    date: Optional[dt.date] = None
    lines: list[Decimal] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Partly:
    id: int
    note: str = field(default="", compare=False)
    more: float = field(default=0.0, hash=False)


@dataclass(frozen=True, eq=False)
class Itself:
    id: int


@dataclass(frozen=True)
class Lower:
    id: str

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Lower) and other.id.lower() == self.id.lower()

    def __hash__(self) -> int:
        return hash(self.id.lower())


@dataclass(frozen=True)
class Raising:
    id: str

    def __eq__(self, other: object) -> bool:
        raise RuntimeError("never ask")

    def __hash__(self) -> int:
        raise RuntimeError("never ask")


class Pair(NamedTuple):
    left: float
    right: str = ""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Pair) and other.left == self.left

    def __hash__(self) -> int:
        return hash(self.left)


class Row(TypedDict):
    id: str
    type: NotRequired[int]


class Money(msgspec.Struct, frozen=True):
    amount: Decimal
    point: Point | None = None


class Note(pydantic.BaseModel, frozen=True):
    text: str
    stars: float = 0.0
    _seen: int = pydantic.PrivateAttr(default=0)

    @pydantic.computed_field  # type: ignore[prop-decorator]
    @property
    def size(self) -> int:
        return len(self.text)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Note)


class Nested(pydantic.BaseModel, frozen=True):
    class Mood(enum.StrEnum):
        GOOD = "good"

    mood: Mood
    point: Point


class Bag(pydantic.BaseModel, Generic[T], frozen=True):
    held: T


@dataclass(frozen=True)
class Page(Generic[S]):
    first: Bag[S]
    rest: tuple[Bag[tuple[S, ...]], ...] = ()
    last: Bag[S] | None = None


@dataclass(frozen=True)
class Same(Generic[T]):
    bag: Bag[T]


class Book(pydantic.BaseModel, Generic[T], frozen=True):
    page: Page[T]
    same: Same[int] | None = None


@pydantic.dataclasses.dataclass(frozen=True)
class Checked:
    age: Annotated[int, pydantic.Field(ge=0)] = 0


def _split(value: str | tuple[str, ...]) -> tuple[str, ...]:
    return tuple(value.split(",")) if isinstance(value, str) else value


@attrs.frozen
class Tag:
    name: float
    _secret: int = 0
    words: tuple[str, ...] = attrs.field(converter=_split, default="a,b", alias="w")
    unseen: int = attrs.field(default=0, eq=False)
    tripled: float = attrs.field(init=False)
    next: "Tag | None" = None

    @tripled.default
    def _triple(self) -> float:
        return 3 * self.name


@attrs.frozen(cache_hash=True)
class Hashed:
    id: int = attrs.field(validator=attrs.validators.ge(0))

    @cached_property
    def double(self) -> int:
        return 2 * self.id


@attrs.define
class Loose:
    lines: list[Tag] = attrs.field(factory=list)
    size: int = attrs.field(init=False, default=0)

    def __attrs_post_init__(self) -> None:
        self.size = len(self.lines)


@attr.s(frozen=True, eq=False, auto_attribs=True)
class Old:
    id: int
    note: str = attr.ib(default="", kw_only=True)


@attr.s(frozen=True)
class Oldest:
    id: int = attr.ib()
    home: str = "not a field"


@attrs.frozen
class Shelf(Generic[T]):
    items: tuple[T, ...]
    best: Bag[T] | None = None


@attrs.frozen
class Child(Tag):
    more: int = 0


class Holder(pydantic.BaseModel, frozen=True, arbitrary_types_allowed=True):
    tag: Tag
    moneys: tuple[Money, ...] = ()


class Crate(msgspec.Struct, frozen=True):
    tag: Tag | None = None
"""

ROWS: tuple[tuple[str, str, bool], ...] = (
    ("int", "True", True),
    ("float", "1", True),
    ("bytes", 'b"x"', True),
    ("Decimal | None", 'Decimal("1.50")', True),
    ("dt.datetime", "dt.datetime(2024, 2, 29, tzinfo=dt.UTC)", True),
    ("uuid.UUID", "uuid.UUID(int=7)", True),
    ("Any", '{"a": [1, None]}', False),
    ("Name", 'Name("x")', True),
    ("Ids", "(1, 2)", True),
    ("Literal['a', 1]", "1", True),
    ("int | str | bool", "True", True),
    ("list[int | str]", '[1, "a"]', False),
    ("dict[Color, set[int]]", "{Color.HALF: {1}}", False),
    ("Sequence[int]", "[1]", False),
    ("Mapping[str, Ids]", '{"a": (1,)}', False),
    ("Collection[str]", '["a"]', False),
    ("Color", "Color.HALF", True),
    ("Sly", "Sly.B", True),
    ("Sly | str", "Sly.B", True),
    ("Point", "Point(1, Point(2))", True),
    ("Further", "Further(1)", True),
    ("Undecorated", "Undecorated(1)", True),
    ("Open", 'Open("x", dt.date(2024, 1, 1), [Decimal("1.50")])', False),
    ("Partly", 'Partly(id=1, note="n", more=2)', True),
    ("Itself", "Itself(1)", True),
    ("Lower", 'Lower("A")', True),
    ("Raising", 'Raising("A")', True),
    ("tuple[Raising, ...]", '(Raising("A"),)', True),
    ("Pair", 'Pair(1, "a")', True),
    ("Row", '{"id": "a", "type": 1}', False),
    ("Money", "Money(Decimal(1), Point(2))", True),
    ("Note", 'Note(text="a", stars=1)', True),
    ("Nested", "Nested(mood=Nested.Mood.GOOD, point=Point(1))", True),
    ("Bag[tuple[int, ...]]", "Bag[tuple[int, ...]](held=(1,))", True),
    ("Page[int]", "Page(Bag[int](held=1), (Bag[tuple[int, ...]](held=(1,)),))", True),
    ("Same[str]", 'Same(Bag[str](held="a"))', True),
    ("Book[int]", "Book[int](page=Page(Bag[int](held=1)), same=Same(Bag[int](held=2)))", True),
    ("list[Page[Bag[int]]]", "[Page(Bag[Bag[int]](held=Bag[int](held=1)))]", False),
    ("Checked", "Checked(age=3)", True),
    ("Tag", 'Tag(1, 2, "c,d", 3, Tag(4))', True),
    ("Hashed", "Hashed(1)", True),
    ("Loose", "Loose([Tag(1)])", False),
    ("Old", 'Old(1, note="n")', True),
    ("Oldest", "Oldest(1)", True),
    ("Shelf[Point]", "Shelf((Point(1),), Bag[Point](held=Point(2)))", True),
    ("Child", "Child(1, more=2)", True),
    ("Holder", "Holder(tag=Tag(1), moneys=(Money(Decimal(1), Point(2)),))", True),
    ("Crate", "Crate(Tag(1))", True),
    ("Tag | Point | None", "Tag(1)", True),
    ("Tag | str", "Tag(1)", True),
    ("frozenset[Tag | int]", "frozenset({Tag(1), 2})", True),
    ("dict[Tag, Tag]", "{Tag(1): Tag(2)}", False),
)
