"""Rules about fields that are given by position."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ...layout import given_as, positional, travels_as_array
from ...order import first_moved
from ...rule import Breaking, BreakingRule, Tier
from .cases import cart, case

if TYPE_CHECKING:
    from ...comparison import Comparison
    from ...rule import Change

__all__ = ["FieldMadeKeywordOnly", "FieldMoved"]


class FieldMoved(BreakingRule):
    """The fields have another order: callers that make instances with positional arguments pass
    them to other fields."""

    id = "FIELD_MOVED"
    tier = Tier.SOURCE
    advice = "Add fields at the end, or make the class `kw_only`"
    BREAKING = (
        Breaking(
            *case(("a: str", "b: str"), ("b: str", "a: str")),
            "shop.contracts.Cart",
            "the field `b` comes before `a` now",
        ),
        Breaking(
            *case(("a: str", "b: str = ''"), ("a: str", "c: str = ''", "b: str = ''")),
            "shop.contracts.Cart",
            "the field `c` comes before `b` now",
        ),
    )
    COMPATIBLE = (
        (
            cart("@dataclass(kw_only=True)\nclass Cart:", "a: str", "b: str"),
            cart("@dataclass(kw_only=True)\nclass Cart:", "b: str", "a: str"),
        ),
    )

    @classmethod
    def check(cls, comparison: Comparison) -> Iterator[Change]:
        for pair in comparison.records:
            old, new = positional(pair.old), positional(pair.new)
            moved = first_moved(old, new)
            if not travels_as_array(pair.new) and moved is not None:
                yield cls.change(pair.at, f"the field `{moved[0]}` comes before `{moved[1]}` now")


class FieldMadeKeywordOnly(BreakingRule):
    """A field can no longer be given by position: callers that make instances so fail."""

    id = "FIELD_MADE_KEYWORD_ONLY"
    tier = Tier.SOURCE
    advice = "Leave both ways open"
    BREAKING = (
        Breaking(
            cart("@dataclass\nclass Cart:", "id: str"),
            cart("@dataclass(kw_only=True)\nclass Cart:", "id: str"),
            "shop.contracts.Cart.id",
            "it has to be given by keyword now",
        ),
        Breaking(
            *case(
                ("id: str", "n: int = 0"), ("id: str", "n: int = field(default=0, kw_only=True)")
            ),
            "shop.contracts.Cart.n",
            "it has to be given by keyword now",
        ),
        Breaking(
            *case(("id: str", "n: int = 0"), ("id: str", "_: KW_ONLY", "n: int = 0")),
            "shop.contracts.Cart.n",
            "it has to be given by keyword now",
        ),
    )
    COMPATIBLE = (
        (
            cart("@dataclass(kw_only=True)\nclass Cart:", "id: str"),
            cart("@dataclass\nclass Cart:", "id: str"),
        ),
    )

    @classmethod
    def check(cls, comparison: Comparison) -> Iterator[Change]:
        for pair in comparison.records:
            taken = {each.name for each in pair.new.fields if given_as(pair.new, each)}
            kept = taken.intersection(positional(pair.old))
            if pair.new.kind == pair.old.kind:
                for name in sorted(kept.difference(positional(pair.new))):
                    yield cls.change(f"{pair.at}.{name}", "it has to be given by keyword now")
