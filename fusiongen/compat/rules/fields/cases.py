"""The types whose fields the cases change, and the pairs of fields that rules look at."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ...rule import Case
from ..cases import USE

if TYPE_CHECKING:
    from ....output.lock import LockedField
    from ...comparison import Comparison, FieldPair

__all__ = [
    "ATTRS",
    "DATA",
    "NAMED_TUPLE",
    "STRUCT",
    "TYPED_DICT",
    "cart",
    "case",
    "kept",
]


def cart(head: str, *fields: str) -> str:
    """A contract that returns a class of this head and these fields."""
    body = "".join(f"\n    {field}" for field in fields) or "\n    pass"
    return f"{head}{body}{USE}"


DATA = "@dataclass\nclass Cart:"
ATTRS = "@attrs.define\nclass Cart:"
NAMED_TUPLE = "class Cart(NamedTuple):"
TYPED_DICT = "class Cart(TypedDict):"
STRUCT = "class Cart(msgspec.Struct{}):"


def case(*sides: tuple[str, ...]) -> Case:
    """A dataclass with the fields of each side."""
    old, new = (cart(DATA, *side) for side in sides)
    return old, new


def kept(comparison: Comparison) -> Iterator[tuple[FieldPair, LockedField, LockedField]]:
    """The fields that are on both sides."""
    return ((each, each.old, each.new) for each in comparison.fields if each.old and each.new)
