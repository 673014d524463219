"""Codecs: every declared type survives the wire."""

from __future__ import annotations

import dataclasses
import enum
import itertools
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Annotated, Any, Generic, TypeVar
from uuid import UUID

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typing_extensions import TypeAliasType

from fusionrt.errors import FusionError, UnsupportedType, WireError
from fusionrt.wire.codecs import Codec, arguments_codec, codec
from tests.wire.zoo import KINDS, SCALARS, Kind, Page, Point, Tree, picture


@settings(max_examples=400, deadline=None)
@given(data=st.data(), kind=KINDS)
def test_C3_every_value_survives_with_its_types(data: st.DataObject, kind: Kind) -> None:
    """A value of any declared type comes back with its digits and the types of all its parts."""
    value = data.draw(kind.values)
    subject = codec(kind.tp)
    assert picture(subject.decode(subject.encode(value))) == picture(value)


@settings(max_examples=5, deadline=None)
@given(data=st.data())
def test_C3_every_union_of_two_scalars_survives(data: st.DataObject) -> None:
    """Under `A | B`, for every two scalar types, values come back as what they were."""
    for left, right in itertools.combinations(SCALARS, 2):
        subject = codec(left.tp | right.tp)
        for value in (data.draw(left.values), data.draw(right.values)):
            assert picture(subject.decode(subject.encode(value))) == picture(value)


T = TypeVar("T")


def _is_finite(value: Any) -> bool:
    return not any(word in repr(picture(value)) for word in ("nan", "inf"))


@settings(max_examples=200, deadline=None)
@given(data=st.data(), kind=KINDS)
def test_json_carries_the_same_values(data: st.DataObject, kind: Kind) -> None:
    """Whatever has a JSON form comes back from it as from msgpack; nan and infinity have none."""
    value = data.draw(kind.values.filter(_is_finite))
    subject = codec(kind.tp)
    assert picture(subject.decode_json(subject.encode_json(value))) == picture(value)


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
    for tp in (str, Point, list[int], int | bool | float):
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


def test_an_integer_beyond_64_bits_is_refused_at_once() -> None:
    """The documented limit shows where the value is encoded, not at the receiver."""
    with pytest.raises(OverflowError):
        codec(int).encode(2**64)


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


@pytest.mark.parametrize(
    ("tp", "value"),
    [
        (None, None),
        (list, [1, "a"]),
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
        (Tree | list[complex], "complex"),
    ],
)
def test_C3_a_type_that_cannot_travel_is_refused_by_name(tp: Any, hint: str) -> None:
    """The error names the type and what to declare instead."""
    with pytest.raises(UnsupportedType, match=hint):
        codec(tp)


def test_a_value_of_another_type_is_refused_when_it_is_encoded() -> None:
    """A body that returns what its contract does not declare fails on its own host."""
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
