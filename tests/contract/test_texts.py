"""Types in the text that locks hold."""

from __future__ import annotations

import pytest

from fusiongen.contract import (
    Annotated,
    Dots,
    Literals,
    Named,
    Nothing,
    Ref,
    Union,
    members,
    parsed_call,
    parsed_type,
    parts,
    remade,
)

TEXTS = {
    "int": Named,
    "shop.types.Outer.Inner": Named,
    "tuple[str, ...]": Named,
    "tuple[()]": Named,
    "dict[str, list[shop.Cart | None]]": Named,
    "int | None": Union,
    "shop.A | list[shop.B | None] | str": Union,
    "typing.Literal['a', 1, shop.Color.RED, None]": Literals,
    "typing.Annotated[int, msgspec.Meta(ge=0), 'a | b']": Annotated,
    "None": Nothing,
    "...": Dots,
}


@pytest.mark.parametrize("text", TEXTS)
def test_a_type_prints_as_it_was_parsed(text: str) -> None:
    """`str()` of a type is what it is parsed from, and each form is a class of its own."""
    type_ = parsed_type(text)
    assert type(type_) is TEXTS[text]
    assert str(type_) == text
    assert parsed_type(str(type_)) == type_


@pytest.mark.parametrize("text", ["shop.made(1)", "list[int", "'shop.Cart'", "3"])
def test_what_is_no_type_is_a_name_of_its_text(text: str) -> None:
    """An annotation that the reader could not make out is compared as text."""
    assert parsed_type(text) == Named(ref=Ref.of(text))
    assert str(parsed_type(text)) == text


def test_a_union_in_brackets_is_one_with_the_one_around_it() -> None:
    """No member of a union is a union, however it is spelled or made."""
    assert [str(each) for each in members(parsed_type("(int | str) | (float | None)"))] == [
        *("int", "str", "float", "None")
    ]
    wider = remade(parsed_type("int | None"), lambda part: parsed_type(f"list[{part}] | {part}"))
    assert str(wider) == "list[int] | int | list[None] | None"


def test_one_walk_finds_what_a_type_is_made_of() -> None:
    """Metadata and values of literals are no types."""
    text = "dict[str, typing.Annotated[shop.Cart | None, shop.Mark(1)]] | typing.Literal[shop.A.B]"
    found = [str(part.ref) for part in parts(parsed_type(text)) if isinstance(part, Named)]
    assert found == ["dict", "str", "shop.Cart"]


def test_a_call_is_told_from_other_text() -> None:
    """The default of a field may be a call, a value, or nothing that Python reads."""
    assert parsed_call("pydantic.Field(ge=0)") is not None
    assert [parsed_call(text) for text in ("0", "shop.Field", "Field(")] == [None, None, None]
