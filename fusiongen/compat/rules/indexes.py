"""The rule about fields that travel by position."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..layout import travels_as_array
from ..order import first_moved
from ..rule import Breaking, BreakingRule, Tier
from .fields.cases import NAMED_TUPLE, STRUCT, cart

if TYPE_CHECKING:
    from ..comparison import Comparison
    from ..rule import Change

__all__ = ["IndexChanged"]


class IndexChanged(BreakingRule):
    """The fields of a type that travels as an array have another order: a `NamedTuple`, or a Struct
    with `array_like`."""

    id = "INDEX_CHANGED"
    tier = Tier.WIRE
    advice = "Add fields at the end"
    BREAKING = (
        Breaking(
            cart(NAMED_TUPLE, "a: str", "b: str"),
            cart(NAMED_TUPLE, "b: str", "a: str"),
            "shop.contracts.Cart",
            "the field `b` comes before `a` now",
        ),
        Breaking(
            cart(STRUCT.format(", array_like=True"), "a: str", "b: str"),
            cart(STRUCT.format(", array_like=True"), "b: str", "a: str"),
            "shop.contracts.Cart",
            "the field `b` comes before `a` now",
        ),
    )
    COMPATIBLE = (
        (
            cart(STRUCT.format(", array_like=True"), "a: str"),
            cart(STRUCT.format(", array_like=True"), "a: str", "b: str = ''"),
        ),
    )

    @classmethod
    def check(cls, comparison: Comparison) -> Iterator[Change]:
        for pair in comparison.records:
            old, new = (tuple(each.name for each in type_.fields) for type_ in (pair.old, pair.new))
            moved = first_moved(old, new)
            if travels_as_array(pair.new) and moved is not None:
                yield cls.change(pair.at, f"the field `{moved[0]}` comes before `{moved[1]}` now")
