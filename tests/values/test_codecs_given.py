"""What a type checker lets pass for a declared type arrives as a value of that very type."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Generic, Literal, NamedTuple, TypedDict, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
import pytest

from fusionrt.errors import WireError
from fusionrt.values.codecs import codec
from fusionrt.values.keys import Keyer
from tests.values.zoo import Color, Level, picture

T = TypeVar("T")
BERLIN = ZoneInfo("Europe/Berlin")


class Name(str): ...


class Blob(bytes): ...


class Money(Decimal): ...


class Moment(datetime): ...


class Delay(timedelta): ...


class Id(UUID): ...


class Ratio(float): ...


GIVEN = [
    (int, True, 1),
    (int, Level.HIGH, 1),
    (float, 1, 1.0),
    (float, True, 1.0),
    (float, Level.HIGH, 1.0),
    (float, 2**70, 2.0**70),
    (float, Ratio(1.5), 1.5),
    (str, Color.RED, "red"),
    (str, Name("a"), "a"),
    (bytes, Blob(b"a"), b"a"),
    (Decimal, Money("1.0"), Decimal("1.0")),
    (UUID, Id(int=1), UUID(int=1)),
    (timedelta, Delay(1), timedelta(1)),
    (datetime, Moment(2020, 1, 1), datetime(2020, 1, 1)),
    (datetime, Moment(2020, 1, 1, tzinfo=UTC), datetime(2020, 1, 1, tzinfo=UTC)),
    (datetime, datetime(2020, 7, 1, 2, tzinfo=BERLIN), datetime(2020, 7, 1, tzinfo=UTC)),
    (
        datetime,
        datetime(2020, 10, 25, 2, 30, fold=1, tzinfo=BERLIN),
        datetime(2020, 10, 25, 1, 30, tzinfo=UTC),
    ),
    (datetime, datetime(2020, 10, 25, 2, 30, fold=1), datetime(2020, 10, 25, 2, 30)),
    (time, time(1, 2, tzinfo=BERLIN), time(1, 2)),
    (time, time(1, 2, fold=1), time(1, 2)),
]


@dataclasses.dataclass(frozen=True)
class Holder(Generic[T]):
    held: T


class Box(msgspec.Struct, Generic[T], frozen=True):
    held: T


class Line(msgspec.Struct, Generic[T], frozen=True, array_like=True, tag="line"):
    held: T


class Pair(NamedTuple, Generic[T]):
    held: T


class Row(TypedDict, Generic[T]):
    held: T


@dataclasses.dataclass(frozen=True)
class Node(Generic[T]):
    """Contains itself, and something that msgspec refuses."""

    held: T
    other: str | UUID = ""
    next: Node[T] | None = None


def _of(origin: Any, *arguments: Any) -> Any:
    return origin[arguments]


PLACES: dict[str, tuple[Callable[[Any], Any], Callable[[Any], Any]]] = {
    "itself": (lambda tp: tp, lambda value: value),
    "list": (lambda tp: _of(list, tp), lambda value: [value, value]),
    "tuple": (lambda tp: _of(tuple, tp, ...), lambda value: (value,)),
    "place": (lambda tp: _of(tuple, None, tp), lambda value: (None, value)),
    "frozenset": (lambda tp: _of(frozenset, tp), lambda value: frozenset((value,))),
    "key": (lambda tp: _of(dict, tp, None), lambda value: {value: None}),
    "value": (lambda tp: _of(dict, str, tp), lambda value: {"a": value}),
    "optional": (lambda tp: tp | None, lambda value: value),
    "list or none": (lambda tp: _of(list, tp) | None, lambda value: [value]),
    "a dict or a list": (lambda tp: _of(list, tp) | dict[str, str], lambda value: [value]),
    "dataclass": (lambda tp: _of(Holder, tp), Holder),
    "Struct": (lambda tp: _of(Box, tp), Box),
    "array Struct": (lambda tp: _of(Line, tp) | None, Line),
    "NamedTuple": (lambda tp: _of(Pair, tp), Pair),
    "TypedDict": (lambda tp: _of(Row, tp), lambda value: {"held": value}),
    "recursion": (lambda tp: _of(Node, tp), lambda value: Node(value, "", Node(value))),
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(("tp", "given", "arrives"), GIVEN)
def test_C3_what_passes_for_a_type_arrives_as_that_type(
    place: str, tp: Any, given: Any, arrives: Any
) -> None:
    """A bool for an int, an int for a float, a subclass, another zone: in every place."""
    type_of, put = PLACES[place]
    subject = codec(type_of(tp))
    assert picture(subject.decode(subject.encode(put(given)))) == picture(put(arrives))


@pytest.mark.parametrize(
    "place",
    [
        *("itself", "tuple", "place", "frozenset", "optional"),
        *("dataclass", "Struct", "array Struct", "NamedTuple", "recursion"),
    ],
)
@pytest.mark.parametrize(("tp", "given", "arrives"), GIVEN)
def test_G32_what_passes_for_a_type_names_what_that_value_names(
    place: str, tp: Any, given: Any, arrives: Any
) -> None:
    """The key of such an argument is the key of what arrives."""
    type_of, put = PLACES[place]
    keyer = Keyer("carts.get", ("a",), (type_of(tp),))
    here, there = keyer.normalize((put(given),)), keyer.normalize((put(arrives),))
    assert picture(here) == picture(there)
    assert keyer.key(here) == keyer.key(there)


@pytest.mark.parametrize("tp", [bool | int, bool | float, Literal[True] | int])
def test_C3_a_bool_stays_one_where_it_is_declared(tp: Any) -> None:
    """Beside a number that msgspec refuses too, so that the bool is looked at again."""
    subject = codec(list[tp | Decimal])
    back = subject.decode(subject.encode([True, 2**70]))
    assert back == [True, 2**70]
    assert back[0] is True


def test_a_number_is_no_bool() -> None:
    """Only what passes for a type is taken: 1 does not for a bool, nor True for a text."""
    for tp, value in ((bool, 1), (str, True), (Literal[1], True), (list[bool], [1])):
        with pytest.raises(WireError):
            codec(tp).decode(msgspec.msgpack.encode(value))
