"""Codecs: every declared type survives the wire."""

from __future__ import annotations

import collections
import dataclasses
import enum
import itertools
import math
import typing
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Annotated, Any, Generic, Required, TypedDict, TypeVar
from uuid import UUID

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typing_extensions import TypeAliasType

from fusionrt.errors import FusionError, UnsupportedType, WireError
from fusionrt.values.codecs import Codec, arguments_codec, codec
from fusionrt.values.json_text import json_items
from tests.sizes import size
from tests.values.random_types import KINDS
from tests.values.zoo import SCALARS, Kind, Odd, Page, Point, Tree, picture


@pytest.mark.search
@settings(max_examples=size(50, 400), deadline=None)
@given(data=st.data(), kind=KINDS)
def test_C3_every_value_survives_with_its_types(data: st.DataObject, kind: Kind) -> None:
    """A value of any declared type comes back with its digits and the types of all its parts."""
    value = data.draw(kind.values)
    subject = codec(kind.tp)
    assert picture(subject.decode(subject.encode(value))) == picture(value)


@pytest.mark.search
@settings(max_examples=size(1, 5), deadline=None)
@given(data=st.data())
def test_C3_every_union_of_two_scalars_survives(data: st.DataObject) -> None:
    """Under `A | B`, for every two scalar types, values come back as what they were."""
    for left, right in itertools.combinations(SCALARS, 2):
        subject = codec(left.tp | right.tp)
        for value in (data.draw(left.values), data.draw(right.values)):
            assert picture(subject.decode(subject.encode(value))) == picture(value)


T = TypeVar("T")


@pytest.mark.search
@settings(max_examples=size(25, 200), deadline=None)
@given(data=st.data(), kind=KINDS)
def test_json_carries_the_same_values(data: st.DataObject, kind: Kind) -> None:
    """Whatever comes back from msgpack comes back from JSON."""
    value = data.draw(kind.values)
    subject = codec(kind.tp)
    assert picture(subject.decode_json(subject.encode_json(value))) == picture(value)


def test_nan_and_infinity_are_written_in_json_as_python_writes_them() -> None:
    """Without quotes, so that no text is taken for a number, nor a number for null."""
    subject = codec(dict[str, float | str | None])
    value = {"a": math.nan, "b": -math.inf, "c": "NaN", "d": None, "e": 1.5}
    text = b'{"a":NaN,"b":-Infinity,"c":"NaN","d":null,"e":1.5}'
    assert subject.encode_json(value) == text
    assert picture(subject.decode_json(text)) == picture(value)
    assert json_items(b'["NaN", NaN, 1]') == [b'"NaN"', b"NaN", b"1"]
    for bad in (b"{}", b"[Infinity", b"[1,", b"\xff", b"[NaN, \xff]"):
        with pytest.raises(WireError):
            json_items(bad)


@pytest.mark.parametrize(
    ("tp", "value", "wire"),
    [
        (str | Decimal, "1", [1, "1"]),
        (Decimal | str, Decimal("1.0"), [0, "1.0"]),
        (str | Decimal | None, None, None),
        (list[date | datetime], [date(2020, 1, 2)], [[0, "2020-01-02"]]),
        (Tree, Tree("a", (Tree("b"),)), {
            "value": [1, "a"], "children": [{"value": [1, "b"], "children": []}]
        }),
        (dict[tuple[int, int], str], {(1, 2): "a"}, [[[1, 2], "a"]]),
        (dict[bool, int], {True: 1}, [[True, 1]]),
        (dict[datetime, int], {datetime(2020, 1, 1): 1}, [["2020-01-01T00:00:00", 1]]),
        (dict[str, int], {"a": 1}, {"a": 1}),
        (Point | None, Point(1.0), {"x": 1.0, "y": 0}),
    ],
)  # fmt: skip
def test_the_wire_form_is_plain_maps_arrays_and_scalars(tp: Any, value: Any, wire: Any) -> None:
    """What a client in another language meets is documented and does not change by accident."""
    assert msgspec.msgpack.decode(codec(tp).encode(value)) == wire


def test_the_order_of_a_union_does_not_show_on_the_wire() -> None:
    """`A | B` and `B | A` are one type to Python's caches, so they have one wire form."""
    one: Codec[Any] = Codec(list[str | UUID])
    other: Codec[Any] = Codec(list[UUID | str])
    assert other.decode(one.encode(["a", UUID(int=1)])) == ["a", UUID(int=1)]
    assert one.encode(["a"]) == other.encode(["a"])


def test_native_types_are_encoded_by_msgspec_itself() -> None:
    """On the hot path no frame of ours stands between the caller and msgspec."""
    for tp in (str, Page[str], list[UUID], str | bool | None):
        assert type(codec(tp).encode) is type(msgspec.msgpack.Encoder().encode)


def test_a_codec_is_made_once_per_type() -> None:
    """Codecs are cached by type."""
    assert codec(dict[str, Point]) is codec(dict[str, Point])


def test_arguments_travel_by_position_and_number() -> None:
    """An argument list of another length, an empty one included, is refused."""
    both, none = arguments_codec((str, int)), arguments_codec(())
    assert both.decode(both.encode(("a", 1))) == ("a", 1)
    assert none.decode(none.encode(())) == ()
    with pytest.raises(FusionError, match="length 2, got 0"):
        both.decode(none.encode(()))
    with pytest.raises(FusionError, match="length"):
        none.decode(both.encode(("a", 1)))


def test_an_aware_datetime_comes_back_as_the_same_instant_in_utc() -> None:
    """The documented loss: the zone is not kept, the instant is."""
    value = datetime(2020, 1, 1, 2, tzinfo=timezone(timedelta(hours=2)))
    back = codec(datetime).decode(codec(datetime).encode(value))
    assert back == value
    assert back.tzinfo is UTC


def test_instances_of_subclasses_travel_as_the_declared_scalar() -> None:
    """A library's str or int subclass inside a result is no error."""

    class Markup(str): ...

    class Count(int): ...

    back = codec(tuple[str, int]).decode(codec(tuple[str, int]).encode((Markup("a"), Count(1))))
    assert picture(back) == picture(("a", 1))


@pytest.mark.parametrize("value", [2**64, -(2**63) - 1, 10**1000, -(2**70)])
@pytest.mark.parametrize(
    ("tp", "put"),
    [
        (int, lambda value: value),
        (int | str | None, lambda value: value),
        (list[int | Decimal], lambda value: [value, Decimal(1)]),
        (dict[int, int], lambda value: {value: value}),
        (dict[tuple[int, ...], int], lambda value: {(value,): value}),
        (Any, lambda value: [value, {"a": value}]),
        (Point, lambda value: Point(1.0, value)),
        (Tree | int, lambda value: value),
    ],
)
def test_C3_integers_beyond_64_bits_travel(tp: Any, put: Callable[[int], Any], value: int) -> None:
    """An integer of any size survives wherever one may stand, as msgpack and as JSON."""
    subject, given = codec(tp), put(value)
    assert subject.decode(subject.encode(given)) == given
    assert subject.decode_json(subject.encode_json(given)) == given


def test_an_integer_beyond_64_bits_is_an_extension_that_javascript_can_read() -> None:
    """The documented form: extension 1, two's complement, most significant byte first."""
    assert msgspec.msgpack.decode(codec(list[int]).encode([1, 2**64])) == [
        1,
        msgspec.msgpack.Ext(1, b"\x01" + bytes(8)),
    ]


@pytest.mark.parametrize("value", [(1, 2), {"a": {1}}, [Decimal(1)], datetime(2020, 1, 1), {1: 2}])
def test_any_takes_only_what_it_would_bring_back(value: Any) -> None:
    """Under Any, a value that would arrive as something else is refused, not changed."""
    with pytest.raises(UnsupportedType, match="declare its type"):
        codec(Any).encode(value)


def test_any_carries_plain_data() -> None:
    """JSON-like data, bytes and instants survive under Any."""
    value = {"a": [1, 1.5, True, None, b"x", datetime(2020, 1, 1, tzinfo=UTC)]}
    assert codec(dict[str, Any]).decode(codec(dict[str, Any]).encode(value)) == value


class Pair(msgspec.Struct, Generic[T]):
    left: T
    right: list[T] | msgspec.UnsetType = msgspec.UNSET


Json = TypeAliasType("Json", dict[str, int | Decimal | str])


class Late(TypedDict, total=False):
    a: str | Decimal
    b: Required[str | Decimal]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Keywords:
    a: str | Decimal = ""
    b: str | Decimal


class ArrayKeywords(msgspec.Struct, array_like=True, tag=True, kw_only=True, frozen=True):
    a: str | Decimal = ""
    b: str | Decimal


Untyped = collections.namedtuple("Untyped", "a b")


class HugeFlag(enum.Flag):
    LOW = 1
    HIGH = 2**70


class Listed(enum.Enum):
    """Values that are not hashable."""

    ONE = [1]  # noqa: RUF012


class Halves(float, enum.Enum):
    HALF = 0.5


@pytest.mark.parametrize(
    ("tp", "value"),
    [
        (None, None),
        (list, [1, "a"]),
        (typing.List, [1, "a"]),  # noqa: UP006
        (typing.Tuple, (1, "a")),  # noqa: UP006
        (tuple[()], ()),
        (Late, {"b": Decimal(1)}),
        (Late, {"a": "1", "b": Decimal(1)}),
        (Keywords, Keywords(a=Decimal(1), b="1")),
        (ArrayKeywords, ArrayKeywords(a=Decimal(1), b="1")),
        (Untyped, Untyped(1, "a")),
        (HugeFlag, HugeFlag.LOW | HugeFlag.HIGH),
        (HugeFlag | int, HugeFlag.HIGH),
        (dict[Listed, int], {Listed.ONE: 1}),
        (Halves | float, Halves.HALF),
        (Halves | float, 0.5),
        (Pair[str | UUID], Pair[str | UUID](UUID(int=1), ["a"])),
        (Pair[str | UUID], Pair("a", msgspec.UNSET)),
        (Json, {"a": Decimal("1.0"), "b": 1, "c": "1"}),
        (list[Json] | None, [{"a": 1}]),
        (Sequence[str | UUID], ["a", UUID(int=1)]),
        (Mapping[str, date | datetime], {"a": date(2020, 1, 1)}),
        (list[int] | list[str] | set[int], ["a"]),
        (list[date] | list[datetime], [datetime(2020, 1, 1)]),
        (Annotated[str, "a note"] | Decimal, "a"),
    ],
)
def test_C3_other_spellings_survive(tp: Any, value: Any) -> None:
    """Aliases, generic Structs, abstract collections and unions of containers are carried too."""
    assert picture(codec(tp).decode(codec(tp).encode(value))) == picture(value)


def test_constraints_hold_beside_a_conversion() -> None:
    """`msgspec.Meta` is enforced on arrival, also where the type itself has to be converted."""
    few = Annotated[list[str | Decimal], msgspec.Meta(max_length=1)]
    data = codec(list[str | Decimal]).encode(["a", "b"])
    with pytest.raises(WireError, match="length <= 1"):
        codec(few).decode(data)


class Text(str): ...


Unpacked: Any = Page[typing.Unpack[tuple[int, ...]]]  # type: ignore[valid-type]  # noqa: UP044


@dataclasses.dataclass(frozen=True)
class Endless(Generic[T]):
    value: T
    next: Endless[tuple[T, T]] | None = None


@dataclasses.dataclass
class Built:
    raw: dataclasses.InitVar[int]
    what: str | Decimal = ""


@pytest.mark.parametrize(
    ("tp", "hint"),
    [
        (complex, "complex cannot travel"),
        (Text, "Text cannot travel: declare str"),
        (list[complex], "complex"),
        (enum.auto, "auto"),
        ("Point", "not a type but its name"),
        (Built, "InitVar"),
        (Page, "open type parameter"),
        (tuple[int, *tuple[str, ...]], "an unpacked tuple"),
        (Unpacked, "takes no such type arguments"),
        (Endless[int], "no end of types"),
        (Tree | list[complex], "complex"),
    ],
)
def test_C3_a_type_that_cannot_travel_is_refused_by_name(tp: Any, hint: str) -> None:
    """The error names the type and what to declare instead."""
    with pytest.raises(UnsupportedType, match=hint):
        codec(tp)


def test_a_value_of_another_type_is_refused_when_it_is_encoded() -> None:
    """A body that returns what its contract does not declare fails on its own host."""
    for tp in (Odd, dict[str, str | Decimal], HugeFlag):
        for encode in (codec(tp).encode, codec(tp).encode_json):
            with pytest.raises(UnsupportedType, match="int cannot travel where"):
                encode(1)
    with pytest.raises(UnsupportedType, match="bytes cannot travel where"):
        codec(str | Decimal).encode(b"")
    with pytest.raises(UnsupportedType, match="object cannot travel"):
        codec(str).encode(object())


def test_an_absent_field_takes_its_default() -> None:
    """A peer whose class lacks a field with a default is understood, converted fields or not."""

    @dataclasses.dataclass(frozen=True)
    class Newer:
        a: str | Decimal
        b: list[str | Decimal] = dataclasses.field(default_factory=list)

    data = msgspec.msgpack.encode({"a": [1, "x"], "unknown": 1})
    assert codec(Newer).decode(data) == Newer("x", [])


def test_C3_a_type_parameter_hides_what_its_module_calls_so() -> None:
    """`class Own[T]` in a module with a TypeVar of the same name: the field is of its own, also
    where annotations are texts. Spelled here as Python 3.12 makes it."""
    own: Any = TypeVar("T")  # type: ignore[misc]
    namespace = {"__type_params__": (own,), "__module__": __name__}
    bases = (Generic[own],)  # type: ignore[index]
    Own: Any = dataclasses.make_dataclass("Own", [("held", "T")], bases=bases, namespace=namespace)
    made = codec(Own[Decimal])
    assert made.decode(made.encode(Own(Decimal("1.50")))) == Own(Decimal("1.50"))
