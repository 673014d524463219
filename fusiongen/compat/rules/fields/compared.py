"""The rule about what a field says of instances that are compared."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ...layout import comparing
from ...rule import Breaking, BreakingRule, Tier, was_and_is
from .cases import ATTRS, cart, case, kept

if TYPE_CHECKING:
    from ...comparison import Comparison
    from ...rule import Change

__all__ = ["FieldComparedOtherwise"]


class FieldComparedOtherwise(BreakingRule):
    """A field counts, or does not count any more, when instances are compared (`compare`, `eq`), or
    put in order (`order` of attrs): callers find others equal, or get another order. Nothing
    changes on the wire. What `hash` alone says of a field makes no two instances differ.
    """

    id = "FIELD_COMPARED_OTHERWISE"
    tier = Tier.SOURCE
    advice = "Keep what the field says, and compare by a property"
    BREAKING = (
        Breaking(
            *case(("id: str",), ("id: str = field(compare=False)",)),
            "shop.contracts.Cart.id",
            "`compare` was not set, and is `False`",
        ),
        Breaking(
            *case(("id: str = field(compare=False)",), ("id: str",)),
            "shop.contracts.Cart.id",
            "`compare` was `False`, and is not set",
        ),
        Breaking(
            cart(ATTRS, "id: str"),
            cart(ATTRS, "id: str = attrs.field(eq=False)"),
            "shop.contracts.Cart.id",
            "`eq` was not set, and is `False`",
        ),
        Breaking(
            cart("@attrs.define(order=True)\nclass Cart:", "id: str"),
            cart("@attrs.define(order=True)\nclass Cart:", "id: str = attrs.field(order=False)"),
            "shop.contracts.Cart.id",
            "`order` was not set, and is `False`",
        ),
    )
    COMPATIBLE = (
        case(("id: str",), ("id: str = field(compare=True, repr=False)",)),
        case(("id: str = field(compare=True)",), ("id: str = field(hash=False)",)),
        (
            cart("@dataclass(eq=False)\nclass Cart:", "id: str"),
            cart("@dataclass(eq=False)\nclass Cart:", "id: str = field(compare=False)"),
        ),
        (cart(ATTRS, "id: str"), cart(ATTRS, "id: str = attrs.field(order=False)")),
    )

    @classmethod
    def check(cls, comparison: Comparison) -> Iterator[Change]:
        for pair, old, new in kept(comparison):
            was, now = comparing(pair.type.old, old), comparing(pair.type.new, new)
            for name in sorted(was.keys() & now.keys()):
                if was[name] != now[name]:
                    yield cls.change(pair.at, was_and_is(f"`{name}`", was[name], now[name]))
