"""The outline of a type tells types apart whose values travel differently (W7)."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from typing import Literal

import msgspec
import pytest

from fusionrt.values.outline import outline


class Size(Enum):
    SMALL = "s"


@dataclass
class Item:
    name: str
    price: Decimal


class Node(msgspec.Struct):
    value: int
    next: Node | None = None


class Renamed(msgspec.Struct, rename="camel"):
    value_of_it: int


def _item(price: object) -> type:
    @dataclass
    class Item:
        name: str
        price: price  # type: ignore[valid-type]

    Item.__annotations__ = {"name": str, "price": price}
    return Item


@pytest.mark.parametrize(
    "tp", [int, list[Item], dict[str, Size], Node, Literal["a"], Renamed | None]
)
def test_it_is_the_same_each_time(tp: object) -> None:
    """Also of types that recur."""
    assert outline(tp) == outline(tp) != ""


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (int, float),
        (list[int], set[int]),
        (tuple[int, int], tuple[int, int, int]),
        (Literal["a"], Literal["b"]),
        (_item(Decimal), _item(int)),
        (int | None, int),
        (dict[str, int], dict[int, str]),
    ],
)
def test_what_differs_has_another(one: object, other: object) -> None:
    """In a field, an item, a value, a place."""
    assert outline(one) != outline(other)
