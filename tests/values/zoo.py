"""Types of every kind that a contract may name, with values: for the tests of codecs and keys."""

from __future__ import annotations

import dataclasses
import enum
import functools
import math
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import (
    Annotated,
    Any,
    Generic,
    Literal,
    NamedTuple,
    NewType,
    NotRequired,
    TypedDict,
    TypeVar,
)
from uuid import UUID

import attrs
import msgspec
from hypothesis import strategies as st
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from fusionrt.values.shapes import spell

T = TypeVar("T")
UserId = NewType("UserId", str)


class Color(enum.StrEnum):
    RED = "red"
    A = "a"


class Level(enum.IntEnum):
    LOW = 0
    HIGH = 1


class Odd(enum.Enum):
    """Values that msgspec refuses."""

    HALF = 0.5
    PAIR = (1, 2)


class Access(enum.Flag):
    READ = 1
    WRITE = 2


class Sly(enum.Enum):
    """Members that call each other equal."""

    A = 1
    B = 2

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sly)

    def __hash__(self) -> int:
        return 1


class Huge(enum.IntEnum):
    """A value beyond 64 bits."""

    ONE = 1
    MANY = 2**70


@dataclasses.dataclass(frozen=True)
class Point:
    x: float
    y: int = 0


@dataclasses.dataclass(frozen=True)
class Price:
    """A record that msgspec refuses, for its union."""

    amount: Decimal | str
    flags: tuple[int | bool | float, ...] = ()


@dataclasses.dataclass(frozen=True)
class Tree:
    """A record that contains itself, with a union that msgspec refuses."""

    value: str | UUID
    children: tuple[Tree, ...] = ()


@dataclasses.dataclass(frozen=True)
class Page(Generic[T]):
    items: tuple[T, ...]
    next: str | None = None


@dataclasses.dataclass(frozen=True)
class StrPage(Page[str | Decimal]):
    """A generic base with its parameter bound."""


class Cat(msgspec.Struct, frozen=True, tag="cat"):
    name: str


class Dog(msgspec.Struct, frozen=True, tag="dog", rename="camel"):
    dog_name: str | date


class Span(NamedTuple):
    start: date | datetime
    days: int = 1


def _words(value: str | tuple[str, ...]) -> tuple[str, ...]:
    return tuple(value.split()) if isinstance(value, str) else value


@attrs.frozen(cache_hash=True)
class Label(Generic[T]):
    """Private, renamed, converted, validated, made from others, left out of its equality."""

    _id: float
    held: T
    words: tuple[str, ...] = attrs.field(default="a b", converter=_words, alias="w")
    note: str | UUID = attrs.field(default="", eq=False)
    length: int = attrs.field(validator=attrs.validators.ge(0))

    @length.default
    def _length(self) -> int:
        return len(self.words)


class Options(TypedDict):
    limit: int | str
    after: NotRequired[date | time]


class Model(BaseModel):
    model_config = ConfigDict(frozen=True)

    id: str
    price: Decimal = Decimal(0)
    tags: tuple[str, ...] = ()


class Careful(BaseModel):
    """A model that pydantic's own dump would not bring back."""

    model_config = ConfigDict(frozen=True, strict=True)

    what: str | Decimal | date
    data: bytes = b""
    inner: Model | None = None


class Holding(BaseModel):
    """A model with records that pydantic takes as they are."""

    model_config = ConfigDict(frozen=True, arbitrary_types_allowed=True)

    point: Point
    label: Label[Decimal] | None = None
    cats: tuple[Cat, ...] = ()


@dataclasses.dataclass(frozen=True, slots=True)
class Kind:
    """A declared type and values of it."""

    tp: Any
    values: st.SearchStrategy[Any]


Kinds = st.SearchStrategy[Kind]

_zones: Any = st.sampled_from([UTC, timezone(timedelta(hours=2)), timezone(timedelta(hours=-11))])
_texts = st.sampled_from(["", "a", "b", "red", "1"])
_ints = st.sampled_from([0, 1, -1, 2**63, 2**64 - 1, 2**64, -(2**63), -(2**63) - 1, 10**100])
_floats = st.sampled_from([0.0, -0.0, 1.0, -1.5, 2.0**63, math.nan, math.inf, -math.inf])
_decimals = st.sampled_from(list(map(Decimal, ("0", "1", "1.0", "-1.5", "NaN", "1E+500"))))
_instants = st.one_of(
    st.datetimes().map(lambda value: value.replace(fold=0)),
    st.datetimes(datetime(2, 1, 1), datetime(9998, 1, 1), timezones=_zones).map(
        lambda value: value.replace(fold=0)
    ),
    st.sampled_from([datetime(2020, 1, 1), datetime(2020, 1, 1, tzinfo=UTC)]),
)
_times = st.times(timezones=st.none() | _zones).map(lambda value: value.replace(fold=0))
_dates = st.sampled_from([date(2020, 1, 1), date.min, date.max])
_uuids = st.sampled_from([UUID(int=0), UUID(int=1)])
_models = st.builds(Model, id=_texts, price=st.sampled_from(list(map(Decimal, ("1", "1.0")))))


def _label(id: float, held: Any, note: str | UUID) -> Label[Any]:
    return Label(id, held, note=note)


SCALARS = [
    Kind(bool, st.booleans()),
    Kind(int, _ints),
    Kind(float, _floats),
    Kind(str, _texts),
    Kind(bytes, st.sampled_from([b"", b"a"])),
    Kind(Decimal, _decimals),
    Kind(UUID, _uuids),
    Kind(datetime, _instants),
    Kind(date, _dates),
    Kind(time, _times),
    Kind(timedelta, st.timedeltas()),
    Kind(UserId, _texts),
    Kind(Color, st.sampled_from(Color)),
    Kind(Level, st.sampled_from(Level)),
    Kind(Odd, st.sampled_from(Odd)),
    Kind(Sly, st.sampled_from(Sly)),
    Kind(Huge, st.sampled_from(Huge)),
    Kind(Access, st.sampled_from([Access(0), Access.READ, Access.READ | Access.WRITE])),
    Kind(Literal["a", "b"], st.sampled_from(["a", "b"])),
    Kind(Literal[1, True, "a"], st.sampled_from([1, True, "a"])),
    Kind(Literal[0, 2**70, False], st.sampled_from([0, 2**70, False])),
    Kind(Annotated[int, Field(ge=0)], st.sampled_from([0, 2**64])),
    Kind(AwareDatetime, st.just(datetime(2020, 1, 1, tzinfo=UTC))),
    Kind(Literal[Sly.A, 1], st.sampled_from([Sly.A, 1])),
    Kind(Literal[Color.RED, b"a", None], st.sampled_from([Color.RED, b"a", None])),
]
RECORDS = [
    Kind(Point, st.builds(Point, _floats, _ints)),
    Kind(
        Price,
        st.builds(
            Price, _decimals | _texts, st.tuples(_ints | st.booleans() | _floats) | st.just(())
        ),
    ),
    Kind(
        Tree,
        st.recursive(
            st.builds(Tree, _texts | _uuids),
            lambda trees: st.builds(Tree, _texts, st.tuples(trees, trees)),
            max_leaves=4,
        ),
    ),
    Kind(Page[int | bool], st.builds(Page, st.tuples(_ints | st.booleans()))),
    Kind(StrPage, st.builds(StrPage, st.tuples(_texts | _decimals))),
    Kind(Cat, st.builds(Cat, _texts)),
    Kind(Label[int | str], st.builds(_label, _floats, _ints | _texts, _texts | _uuids)),
    Kind(Dog, st.builds(Dog, _texts | _dates)),
    Kind(Span, st.builds(Span, _dates | _instants, _ints)),
]
MODELS = [
    Kind(Model, _models),
    Kind(
        Holding,
        st.builds(
            Holding,
            point=st.builds(Point, st.just(1.5), st.sampled_from([0, 2**64])),
            label=st.none() | st.builds(_label, st.just(1.0), st.just(Decimal(1)), _texts),
            cats=st.tuples(st.builds(Cat, _texts)) | st.just(()),
        ),
    ),
    Kind(
        Careful,
        st.builds(
            Careful,
            what=_texts | _decimals.filter(Decimal.is_finite) | _dates,
            data=st.sampled_from([b"", b"a"]),
            inner=st.none() | _models,
        ),
    ),
]
_options: st.SearchStrategy[Any] = st.fixed_dictionaries(
    {"limit": _ints | _texts}, optional={"after": _dates | _times}
)
MUTABLE = [Kind(Options, _options)]


def picture(value: Any, *, digits: bool = True) -> Any:
    """A value with all its types, to compare where `==` sees no difference.

    digits: whether to tell what Python calls equal within one type: `Decimal("1")` and
        `Decimal("1.0")`, `0.0` and `-0.0`, a time in two zones.
    """
    inner = functools.partial(picture, digits=digits)
    name = type(value).__name__
    if dataclasses.is_dataclass(value):
        return name, [inner(getattr(value, field.name)) for field in dataclasses.fields(value)]
    if attrs.has(type(value)):
        return name, [inner(getattr(value, field.name)) for field in attrs.fields(type(value))]
    if isinstance(value, msgspec.Struct):
        return name, [inner(getattr(value, field)) for field in value.__struct_fields__]
    if isinstance(value, BaseModel):
        fields = [inner(getattr(value, field)) for field in type(value).model_fields]
        return spell(type(value), qualified=True), fields  # as a type checker sees it
    if isinstance(value, dict):
        return name, sorted(repr((inner(key), inner(item))) for key, item in value.items())
    if isinstance(value, (set, frozenset)):
        return name, sorted(repr(inner(item)) for item in value)
    if isinstance(value, (list, tuple)):
        return name, [inner(item) for item in value]
    if isinstance(value, datetime) and value.tzinfo is not None:
        return name, value.astimezone(UTC).isoformat()
    if isinstance(value, time):
        offset = value.utcoffset()
        if offset is not None and not digits:
            at = datetime.combine(date(2020, 1, 1), value.replace(tzinfo=None)) - offset
            return name, at.isoformat()
        return name, value.isoformat(), value.fold
    if isinstance(value, float) and not digits:
        return name, repr(value + 0.0)
    if isinstance(value, Decimal) and not digits:
        return name, str(value.normalize() + 0 if value.is_finite() else value)
    return name, repr(value)
