"""The forms of types that contracts may use, each with a value: what `test_walk` walks through.

A row is a type, a value of it, and whether the type can be an argument of a compute method. Both
are spelled as in a module that has all of `IMPORTS` and `THINGS`.
"""

from __future__ import annotations

__all__ = ["IMPORTS", "ROWS", "THINGS"]

IMPORTS = """\
import datetime as dt
import enum
import ipaddress
import uuid
from collections import Counter, deque
from collections.abc import Collection, Mapping, MutableMapping, MutableSequence, MutableSet
from collections.abc import Sequence, Set as AbstractSet
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from functools import cached_property, total_ordering
from pathlib import Path, PurePath, PureWindowsPath
from typing import Annotated, Any, ClassVar, Final, Generic, Literal, NamedTuple, NewType
from typing import NotRequired, Optional, TypedDict, TypeVar, Union
from zoneinfo import ZoneInfo

import attr
import attrs
import msgspec
import pydantic
import pydantic.dataclasses
import typing_extensions as te
from msgspec import UNSET, UnsetType
from pydantic import EmailStr, HttpUrl, IPvAnyAddress, JsonValue, SecretStr
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


class Chain(pydantic.BaseModel, frozen=True):
    id: float = 0.0
    next: "tuple[Chain, ...]" = ()
    last: "Chain | None" = None


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


@dataclass(frozen=True)
class Sub(Page[int]):
    name: str = ""


Numbered = Bag[float]


class Heavy(Numbered, frozen=True):
    name: str = ""


class Cell(TypedDict, Generic[T]):
    held: T


class Cells(Cell[list[S]], Generic[S]):
    name: NotRequired[S]


class Fixed(te.TypedDict, Generic[T]):
    fixed: te.ReadOnly[T]


class Both(Fixed[Decimal], Generic[T], total=False):
    last: T


class Kept(msgspec.Struct, Generic[T], frozen=True):
    held: T


class Purse(pydantic.BaseModel, frozen=True, arbitrary_types_allowed=True):
    money: Money
    more: Kept[int] | None = None


class Kepts(Kept[tuple[S, ...]], Generic[S], frozen=True):
    name: str = ""


Json = te.TypeAliasType("Json", "None | bool | int | float | str | list[Json] | dict[str, Json]")
Tree = te.TypeAliasType("Tree", "int | tuple[Tree, ...]")
Dates = te.TypeAliasType("Dates", "dt.date | str | list[Dates]")
Quoted: te.TypeAlias = "str | list[Quoted] | dict[str, Quoted]"
Half = Union[int, "tuple[Half, Half]"]
Mixed = Union[Decimal, "list[Half]", "dict[str, Mixed]"]


class Patch(msgspec.Struct, frozen=True, kw_only=True):
    name: str | UnsetType = UNSET
    note: float | None | UnsetType = UNSET


class Stored(te.TypedDict):
    id: te.ReadOnly[str]
    note: te.NotRequired[te.ReadOnly[int]]


class Place(te.NamedTuple):
    path: PurePath
    address: ipaddress.IPv4Interface


@dataclass(frozen=True)
class Limited:
    where: Path
    zone: ZoneInfo
    ids: Sequence[int] = ()
    tree: Tree = 0
    KINDS: ClassVar[list[str]] = []
    LIMIT: Final[int] = 3


@dataclass(frozen=True)
class Documented:
    json: JsonValue
    quoted: list[Json] = field(default_factory=list)


class Settings(pydantic.BaseModel, frozen=True):
    zone: ZoneInfo
    where: PurePath
    url: HttpUrl
    secret: SecretStr
    mail: EmailStr
    part: complex | Fraction = 1j


class Papers(pydantic.BaseModel):
    json_value: JsonValue
    own: Json
    dates: Dates
    queue: deque[int] = deque()
    counts: Counter[str] = pydantic.Field(default_factory=Counter)
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
    ("Sequence[int]", "[1]", True),
    ("Mapping[str, Ids]", '{"a": (1,)}', False),
    ("Collection[str]", '["a"]', True),
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
    ("Chain", "Chain(next=(Chain(id=1),), last=Chain())", True),
    ("Bag[tuple[int, ...]]", "Bag[tuple[int, ...]](held=(1,))", True),
    ("Page[int]", "Page(Bag[int](held=1), (Bag[tuple[int, ...]](held=(1,)),))", True),
    ("Same[str]", 'Same(Bag[str](held="a"))', True),
    ("Book[int]", "Book[int](page=Page(Bag[int](held=1)), same=Same(Bag[int](held=2)))", True),
    ("Sub", 'Sub(Bag[int](held=1), name="a")', True),
    ("Heavy", 'Heavy(held=1, name="a")', True),
    ("Cells[Decimal]", '{"held": [Decimal("1.50")], "name": Decimal(2)}', False),
    ("Both[int]", '{"fixed": Decimal("1.50"), "last": 1}', False),
    ("Kepts[dt.date]", 'Kepts((dt.date(2024, 1, 1),), "a")', True),
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
    ("Purse", "Purse(money=Money(Decimal(1)), more=Kept(2))", True),
    ("Crate", "Crate(Tag(1))", True),
    ("Tag | Point | None", "Tag(1)", True),
    ("Tag | str", "Tag(1)", True),
    ("frozenset[Tag | int]", "frozenset({Tag(1), 2})", True),
    ("dict[Tag, Tag]", "{Tag(1): Tag(2)}", False),
    ("JsonValue", '{"a": [1, None, 2.5, {"b": True}], "c": 2**70}', False),
    ("JsonValue | None", "None", False),
    ("Json", '[1, None, {"b": [True]}]', False),
    ("Json | Decimal", '{"a": [1]}', False),
    ("dict[str, Json | None]", '{"a": [None]}', False),
    ("Tree", "(1, (2, (3,)))", True),
    ("tuple[Tree, ...] | str", "(1, (2,))", True),
    ("Dates", '[dt.date(2024, 1, 1), ["x"]]', False),
    ("Quoted", '["a", {"b": ["c"]}]', False),
    ("tuple[Quoted, int]", '(["a"], 1)', False),
    ("Half", "(1, (2, 3))", True),
    ("Half | None", "None", True),
    ("Mixed", '{"a": [(1, (2, 3))], "b": Decimal(1)}', False),
    ("Patch", "Patch(note=1)", True),
    ("Patch | None", "Patch()", True),
    ("Stored", '{"id": "a", "note": 1}', False),
    ("Place", 'Place(PurePath("a/b"), ipaddress.IPv4Interface("10.0.0.1/8"))', True),
    ("Limited", 'Limited(Path("a"), ZoneInfo("UTC"), [1, 2], (1, (2,)))', True),
    ("Documented", 'Documented({"a": [1]}, [None, [1]])', False),
    ("Papers", 'Papers(json_value={"a": [1]}, own=[1], dates=[dt.date(2024, 1, 1)])', False),
    (
        "Settings",
        'Settings(zone=ZoneInfo("UTC"), where=PurePath("a"), url=HttpUrl("http://a.b/c"), '
        'secret=SecretStr("s"), mail="a@example.org", part=Fraction(1, 3))',
        True,
    ),
    ("Path", 'Path("a/b")', True),
    ("PurePath", 'Path("a/b")', True),
    ("PureWindowsPath", r'PureWindowsPath(r"C:\a")', True),
    ("Path | str | None", 'Path("a")', True),
    ("dict[Path, set[Path]]", '{Path("a"): {Path("b")}}', False),
    ("ZoneInfo", 'ZoneInfo.no_cache("Europe/Berlin")', True),
    ("ZoneInfo | dt.timedelta", 'ZoneInfo("Europe/Berlin")', True),
    ("ipaddress.IPv4Address", 'ipaddress.IPv4Interface("10.0.0.1/8")', True),
    ("ipaddress.IPv6Network | ipaddress.IPv6Address", 'ipaddress.IPv6Address("::1")', True),
    ("EmailStr", '"a@example.org"', True),
    ("EmailStr | None", '"a@example.org"', True),
    ("pydantic.AnyUrl", 'HttpUrl("http://a.b/c")', True),
    ("HttpUrl | str", 'HttpUrl("http://a.b/c")', True),
    ("pydantic.PostgresDsn", 'pydantic.PostgresDsn("postgres://a:b@c/d")', True),
    ("SecretStr", 'SecretStr("s")', True),
    ("pydantic.SecretBytes", r'pydantic.SecretBytes(b"\xff")', True),
    ("IPvAnyAddress", 'ipaddress.ip_address("::1")', True),
    ("pydantic.ByteSize", "pydantic.ByteSize(3)", True),
    ("pydantic.UUID4", 'uuid.UUID("74325a1e-86a6-42ab-a12f-79eee533fa84")', True),
    ("list[Any]", '[1, "a"]', False),
    ("Sequence[float]", "range(3)", True),
    ("Sequence[float] | None", "deque([1])", True),
    ("Sequence[Path] | str", 'deque([Path("a")])', True),
    ("Collection[str]", '{"a": 1}.keys()', True),
    ("AbstractSet[int]", "{3, 1}", True),
    ("AbstractSet[int] | Sequence[str]", "{3: 1}.keys()", True),
    ("MutableSequence[int]", "[1]", False),
    ("MutableSet[int]", "{1}", False),
    ("MutableMapping[str, int]", 'Counter("aab")', False),
    ("te.Annotated[int, te.Doc('a number')]", "1", True),
    ("te.Literal[1, 'a']", "'a'", True),
)
