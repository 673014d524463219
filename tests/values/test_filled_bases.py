"""Classes that say of what their bases are: an inherited field is of that."""

from __future__ import annotations

import dataclasses
from decimal import Decimal
from typing import Annotated, Any, Generic, NamedTuple, TypeVar

import attrs
import msgspec
import pydantic
import pytest
from pydantic import BaseModel
from typing_extensions import TypedDict

from fusionrt.errors import WireError
from fusionrt.values.codecs import codec
from fusionrt.values.keys import Keyer
from tests.values.zoo import picture

T = TypeVar("T")


class Row(TypedDict, Generic[T]):
    held: T


class Price(Row[Decimal]):
    note: str


class Sale(Price):
    count: int


class Rows(Row[tuple[T, ...]], Generic[T]):
    """Its parameter is called as that of its base, and is another one."""

    own: T


@dataclasses.dataclass(frozen=True)
class Holder(Generic[T]):
    held: T


@dataclasses.dataclass(frozen=True)
class Cost(Holder[Decimal]):
    note: str = ""


@pydantic.dataclasses.dataclass(frozen=True)
class Checked(Generic[T]):
    held: T


@pydantic.dataclasses.dataclass(frozen=True)
class Fee(Checked[Decimal]):
    more: tuple[int, ...] = ()


class Pair(NamedTuple, Generic[T]):
    held: T


class Couple(Pair[Decimal]): ...


class Couples(Pair[tuple[T, ...]], Generic[T]):
    """So is that of this one."""


class Table(TypedDict):
    rows: Rows[Decimal]


class Box(msgspec.Struct, Generic[T], frozen=True):
    held: T


class Parcel(Box[Decimal], frozen=True):
    note: str = ""


@attrs.frozen
class Bin(Generic[T]):
    held: T


@attrs.frozen
class Basket(Bin[Decimal]):
    note: str = ""


class Bag(BaseModel, Generic[T], frozen=True):
    held: T


class Sack(Bag[Decimal], frozen=True):
    note: str = ""


class Both(BaseModel, frozen=True):
    """pydantic sees no more of the base of a record in a model."""

    cost: Cost
    couple: Couple
    fee: Fee


class Priced(BaseModel):
    price: Price
    sale: Sale


ONE = Decimal("1.50")
FROZEN: list[Any] = [
    (Cost, Cost(ONE)),
    (Fee, Fee(ONE)),
    (Couple, Couple(ONE)),
    (Parcel, Parcel(ONE)),
    (Basket, Basket(ONE)),
    (Sack, Sack(held=ONE)),
    (Both, Both(cost=Cost(ONE), couple=Couple(ONE), fee=Fee(ONE))),
]
ALL: list[Any] = [
    *FROZEN,
    (Price, {"held": ONE, "note": ""}),
    (Sale, {"held": ONE, "note": "", "count": 1}),
    (Rows[Decimal], {"held": (ONE,), "own": ONE}),
    (Couples[Decimal], Couples((ONE,))),
    (Table, {"rows": {"held": (ONE,), "own": ONE}}),
    (
        Priced,
        Priced(
            price={"held": ONE, "note": ""},
            sale={"held": ONE, "note": "", "count": 1},
        ),
    ),
]


@pytest.mark.parametrize(("tp", "value"), ALL)
def test_C3_an_inherited_field_arrives_as_what_the_base_is_given(tp: Any, value: Any) -> None:
    """By itself, among others, and in a union, in both formats."""
    for place, put in ((tp, value), (list[tp], [value]), (tp | int, value)):
        subject = codec(place)
        assert picture(subject.decode(subject.encode(put))) == picture(put)
        assert picture(subject.decode_json(subject.encode_json(put))) == picture(put)


@pytest.mark.parametrize(("tp", "value"), ALL)
def test_C3_it_arrives_so_under_a_constraint_too(tp: Any, value: Any) -> None:
    """pydantic looks at the constraint, and at no field that it would misread."""
    seen: list[Any] = []
    marked = Annotated[tp, pydantic.AfterValidator(lambda given: seen.append(given) or given)]
    some = Annotated[list[tp], pydantic.Field(min_length=1)]
    for place, put in ((marked, value), (some, [value]), (marked | None, value)):
        subject = codec(place)
        assert picture(subject.decode(subject.encode(put))) == picture(put)
    assert [picture(each) for each in seen] == [picture(value)] * len(seen) != []
    with pytest.raises(WireError):
        codec(some).decode(codec(list[tp]).encode([]))
    with pytest.raises(WireError):
        codec(marked).decode(codec(Any).encode({"held": "no"}))


@pytest.mark.parametrize(("tp", "value"), FROZEN)
def test_G32_a_class_with_such_a_field_has_one_key_on_both_ends(tp: Any, value: Any) -> None:
    """The key of what arrives is that of what was sent."""
    keyer, wire = Keyer("carts.get", ("a",), (tp,)), codec(tp)
    here = keyer.key(keyer.normalize((value,)))
    there = keyer.key(keyer.normalize((wire.decode(wire.encode(value)),)))
    assert there in {here}
