"""pydantic's generic models: one type, however what it is of is written."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from enum import Enum
from typing import Annotated, Any, Generic, List, Optional, TypeVar, Union  # noqa: UP035

import attrs
import msgspec
import pytest
from pydantic import BaseModel, Field, ValidationError

from fusionrt.contract import Secret
from fusionrt.errors import ArgumentError
from fusionrt.values.codecs import codec
from fusionrt.values.keys import Keyer
from fusionrt.values.masking import text_without_secrets
from fusionrt.values.shapes import spell

T = TypeVar("T")


class Way(Enum):
    ONE = "a"


class Page(BaseModel, Generic[T], frozen=True, extra="forbid"):
    """One whose fields are read and written under other names, too."""

    row: T = Field(validation_alias="in", serialization_alias="out")
    more: tuple[T, ...] = ()


class Below(Page[Optional[Way]], frozen=True):  # noqa: UP045
    """It says of what in the other spelling."""


@dataclasses.dataclass(frozen=True)
class Holder(Generic[T]):
    held: T


class Box(msgspec.Struct, Generic[T], frozen=True):
    held: T


@attrs.frozen
class Bin(Generic[T]):
    held: T


class Whole(BaseModel, frozen=True):
    """A model with a record in it, which pydantic takes as it is."""

    held: Holder[Page[Way | None]]


class Zeroth(BaseModel):
    z: int


class Bytes(BaseModel):
    z: int


Ways = Page[Way | None]
WRITTEN: list[Any] = [
    Ways,
    Page[Optional[Way]],  # noqa: UP045
    Page[Union[None, Way]],  # noqa: UP007
    Page[Annotated[Way | None, "a way"]],
    Page,
]


def _page(cls: Any, row: Any = Way.ONE) -> Any:
    return cls(**{"in": row})


def _same(value: Any) -> Any:
    return value


def _key(tp: Any, value: Any) -> Any:
    keyer = Keyer("pages.get", ("page",), (tp,))
    return keyer.key(keyer.normalize((value,)))


def test_pydantic_makes_a_class_of_each_spelling() -> None:
    """Else this file tests nothing."""
    assert len(set(WRITTEN)) == len(WRITTEN)


PLACES: list[tuple[Any, Callable[[Any], Any]]] = [
    (Ways, _same),
    (Ways | None, _same),
    (Ways | int, _same),
    (Ways | Page[int] | Page[str | None], _same),
    (tuple[Ways, ...], lambda page: (page,)),
    (tuple[Ways, int], lambda page: (page, 1)),
    (tuple[Ways, ...] | tuple[int, ...], lambda page: (page,)),
    (frozenset[Ways], lambda page: frozenset([page])),
    (Holder[Ways], Holder),
    (Box[Ways | int], Box),
    (Bin[Ways], Bin),
    (Page[Ways], lambda page: _page(Page[Any], page)),
    (Whole, lambda page: Whole(held=Holder(page))),
]


@pytest.mark.parametrize(("tp", "around"), PLACES)
@pytest.mark.parametrize("written", WRITTEN)
@pytest.mark.filterwarnings("error")
def test_G32_an_argument_names_one_result_however_its_type_is_written(
    written: Any, tp: Any, around: Callable[[Any], Any]
) -> None:
    """It is normalised to the declared class, here and behind the wire."""
    value, wanted = around(_page(written)), _key(tp, around(_page(Ways)))
    assert _key(tp, value) in {wanted}
    assert _key(tp, codec(tp).decode(codec(tp).encode(value))) in {wanted}


@pytest.mark.parametrize("written", WRITTEN)
@pytest.mark.parametrize(
    ("tp", "around"),
    [
        *PLACES,
        (list[Ways], lambda page: [page]),
        (dict[str, Ways], lambda page: {"a": page}),
    ],
)
@pytest.mark.filterwarnings("error")
def test_C3_a_value_arrives_as_the_declared_class(
    written: Any, tp: Any, around: Callable[[Any], Any]
) -> None:
    """As an argument of any method, and as a result; in JSON, too."""
    subject, wanted = codec(tp), around(_page(Ways))
    assert subject.decode(subject.encode(around(_page(written)))) == wanted
    assert subject.decode_json(subject.encode_json(around(_page(written)))) == wanted


@pytest.mark.parametrize("cls", [Holder, Box, Bin])
def test_G32_generic_records_of_other_sorts_have_one_class(cls: Any) -> None:
    """Their spellings are aliases, which make the same instances."""
    spellings = [cls, cls[Way | None], cls[Optional[Way]], cls[Annotated[Way | None, "a way"]]]  # noqa: UP045
    assert len({_key(cls[Way | None], each(Way.ONE)) for each in spellings}) == 1


def test_C3_a_union_of_generic_models_tells_members_by_what_they_are_of() -> None:
    """Of pages without a row only that does, in whatever spelling; of one that does not say, what
    it holds."""
    tp = Page[int | None] | Page[str | None] | Page[bytes]
    subject = codec(tp)
    for written in (Page[Optional[str]], Page[Union[None, str]]):  # noqa: UP007, UP045
        value = _page(written, None)
        assert type(subject.decode(subject.encode(value))) is Page[str | None]
    for row, arrives in (("1", Page[str | None]), (1, Page[int | None]), (b"1", Page[bytes])):
        assert type(subject.decode(subject.encode(_page(Page, row)))) is arrives


@pytest.mark.parametrize(
    ("head", "around"),
    [
        (Annotated, _same),
        (Holder, Holder),
        (Page, lambda page: _page(Page[Any], page)),
    ],
)
def test_C6_two_spellings_are_one_member_of_a_union(
    head: Any, around: Callable[[Any], Any]
) -> None:
    """So its members have the numbers that they have in the lock, where there is one spelling."""
    more = ("a note",) if head is Annotated else ()
    written = [head[(each, *more)] for each in WRITTEN[:-1]]
    once, twice = codec(Bytes | written[0] | Zeroth), codec(Union[(Bytes, *written, Zeroth)])
    for value in (around(_page(Ways)), Bytes(z=1), Zeroth(z=1)):
        assert once.encode(value) == twice.encode(value)
        assert twice.decode(once.encode(value)) == value


@pytest.mark.parametrize(
    "value", [_page(Page[str], "1"), _page(Page, "a"), _page(Below, None), Way.ONE]
)
def test_G32_what_is_of_something_else_is_refused(value: Any) -> None:
    """Nothing in it is coerced, unless it does not say of what."""
    assert _key(Page[int], _page(Page, True)) == _key(Page[int], _page(Page[int], 1))
    with pytest.raises(ArgumentError, match=r"page: expected Page\[int\], got "):
        _key(Page[int], value)


def test_G32_what_the_declared_type_says_more_holds() -> None:
    """A constraint is no other type to a type checker, and is heeded."""
    positive = Page[Annotated[int, Field(gt=0)]]
    assert type(_key(positive, _page(Page[int], 1))) is tuple
    with pytest.raises(ArgumentError):
        _key(positive, _page(Page[int], 0))
    with pytest.raises(ValidationError):
        _page(positive, 0)


def test_C3_a_subclass_of_another_spelling_travels_as_its_base() -> None:
    """Also where a union is declared."""
    for tp in (Ways, Ways | int):
        assert type(codec(tp).decode(codec(tp).encode(_page(Below)))) is Ways


def test_W1_secrets_are_masked_in_each_spelling() -> None:
    """Of what it is of, too."""

    class Card(BaseModel, Generic[T], frozen=True):
        pin: Annotated[str, Secret]
        owner: T

    text = text_without_secrets(Card[Way | None])
    assert text is not None
    for cls in (Card[Way | None], Card[Optional[Way]], Card):  # noqa: UP045
        assert text(cls(pin="1234", owner=Way.ONE)) == '{"pin":"**********","owner":"a"}'


def test_C6_a_model_is_spelled_as_one_would_write_it() -> None:
    """So members of unions have the same numbers in each process, those of which the lock tells."""
    for written in WRITTEN[:-1]:
        assert spell(written) == "Page[Way | None]"
        assert spell(written, qualified=True) == f"{__name__}.Page[{__name__}.Way | None]"
    assert spell(Page[List[int]]) == "Page[list[int]]"  # noqa: UP006
