"""What sets and dicts hold is hashable where it arrives, or the type is refused (C3)."""

from __future__ import annotations

import dataclasses
import enum
from collections import deque
from collections.abc import Collection, Mapping, MutableSet, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from fractions import Fraction
from typing import Annotated, Any, Generic, NamedTuple, TypedDict, TypeVar

import attrs
import msgspec
import pydantic
import pytest

from fusionrt.errors import UnsupportedType
from fusionrt.values.codecs import codec

T = TypeVar("T")


@dataclass(frozen=True)
class Tag(Generic[T]):
    held: T
    next: Tag[T] | None = None


@dataclass(unsafe_hash=True)
class Noted:
    id: int
    notes: list[int] = dataclasses.field(default_factory=list, compare=False)


@dataclass
class Open:
    id: int


@dataclass
class Vouching:
    ids: list[int]

    def __hash__(self) -> int:
        return len(self.ids)


@attrs.frozen
class Label:
    id: int
    lines: list[int] = attrs.field(factory=list, hash=False)


@attrs.define
class Loose:
    id: int


class Money(msgspec.Struct, frozen=True):
    amounts: tuple[int, ...]


class Amounts(msgspec.Struct, frozen=True):
    amounts: Sequence[int]


class Coin(msgspec.Struct):
    id: int


class Note(pydantic.BaseModel, frozen=True):
    lines: tuple[str, ...]


class Lines(pydantic.BaseModel, frozen=True):
    lines: Sequence[str]


class Memo(pydantic.BaseModel):
    text: str


class Bag(pydantic.BaseModel, Generic[T], frozen=True):
    held: frozenset[T]


class Kept(pydantic.BaseModel):
    held: dict[tuple[Fraction, int], set[complex]]


class Queues(pydantic.BaseModel):
    held: set[Tag[deque[int]]]


class Pair(NamedTuple):
    left: int
    right: Any


class Row(TypedDict):
    id: int


class Ruled(enum.Enum):
    ONE = 1

    def __eq__(self, other: object) -> bool:
        return self is other


@pytest.mark.parametrize(
    ("tp", "value"),
    [
        (tuple[int, ...], (1, 2)),
        (frozenset[tuple[int, ...]], frozenset([(1,)])),
        (Annotated[tuple[int, ...], pydantic.Field(min_length=1)] | None, (1,)),
        (Any, "a"),
        (Tag[tuple[int, ...]], Tag((1,), Tag((2,)))),
        (Noted, Noted(1, [2])),
        (Vouching, Vouching([1])),
        (Label, Label(1, [2])),
        (Money, Money((1,))),
        (Note, Note(lines=("a",))),
        (Bag[int], Bag[int](held=frozenset([1]))),
        (Pair, Pair(1, "a")),
    ],
    ids=str,
)
def test_C3_what_is_hashable_arrives_in_sets_and_as_keys(tp: Any, value: Any) -> None:
    """A member of a set, and a key of a dict, arrives as it was."""
    members, table = codec(AbstractSet[tp]), codec(dict[tp, int])
    assert members.decode(members.encode({value})) == {value}
    assert table.decode(table.encode({value: 1})) == {value: 1}


def test_C3_a_model_holds_what_pydantic_alone_hashes() -> None:
    """Members that travel within a model only are no less hashable."""
    kept, value = codec(Kept), Kept(held={(Fraction(1, 2), 1): {1j}})
    assert kept.decode(kept.encode(value)) == value


@pytest.mark.parametrize(
    ("tp", "why"),
    [
        (list[int], "list[int] is not; declare tuple"),
        (Sequence[int] | None, "Sequence[int] arrives as a list; declare tuple"),
        (tuple[Collection[int], int], "Collection[int] arrives as a list; declare tuple"),
        (AbstractSet[int], "Set[int] arrives as a set; declare frozenset"),
        (MutableSet[int], "MutableSet[int] arrives as a set; declare frozenset"),
        (Mapping[str, int], "Mapping[str, int] is not; declare a tuple of pairs"),
        (pydantic.JsonValue, "dict[str, JsonValue] is not; declare a tuple of pairs"),
        (Open, "Open is not; make it frozen"),
        (Loose, "Loose is not; make it frozen"),
        (Coin, "Coin is not; make it frozen"),
        (Memo, "Memo is not; make it frozen"),
        (Row, "Row is not; declare a frozen dataclass"),
        (Ruled, "Ruled is not; give it a `__hash__`"),
        (Amounts, "the field amounts of Amounts: Sequence[int] arrives as a list; declare tuple"),
        (Lines, "the field lines of Lines: Sequence[str] arrives as a list; declare tuple"),
        (
            Annotated[Tag[list[int]], "a note"],
            "the field held of Tag[list[int]]: list[int] is not; declare tuple",
        ),
    ],
    ids=str,
)
def test_C3_what_is_not_hashable_is_refused_when_it_is_planned(tp: Any, why: str) -> None:
    """In a set and as a key alike, with what to declare instead."""
    for outer, what in ((frozenset[tp], "member of a set"), (dict[tp, int], "key of a dict")):
        with pytest.raises(UnsupportedType) as caught:
            codec(outer)
        expected = f" cannot travel: a {what} must be hashable where it arrives: {why}"
        assert str(caught.value).endswith(expected)


@pytest.mark.parametrize("tp", [Tag[set[Open]], list[Bag[Sequence[int]]], Queues], ids=str)
def test_C3_a_set_within_is_refused_too(tp: Any) -> None:
    """In fields, of what a generic class is of, and in what only pydantic knows."""
    with pytest.raises(UnsupportedType, match="a member of a set must be hashable"):
        codec(tp)
