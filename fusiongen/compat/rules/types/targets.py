"""Rules about what NewTypes and aliases stand for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ...rule import BreakingRule, Tier
from .cases import case

if TYPE_CHECKING:
    from ...comparison import Comparison
    from ...rule import Change

__all__ = ["TypeTargetChanged", "TypeTargetRespelled"]


class TypeTargetChanged(BreakingRule):
    """A NewType or an alias stands for a type that travels in another form; or a type is made by a
    call in another way, and what it makes cannot be read."""

    id = "TYPE_TARGET_CHANGED"
    tier = Tier.WIRE
    advice = "Add a NewType or an alias under another name"
    BREAKING = (
        case("Cart = NewType('Cart', str)", "Cart = NewType('Cart', int)"),
        case("Cart = dict[str, int]", "Cart = dict[str, str]"),
        case("Cart = Enum('Cart', 'A B')", "Cart = Enum('Cart', 'A B C')"),
    )
    COMPATIBLE = (case("Cart = Optional[str]", "Cart = Union[str, None]"),)

    @classmethod
    def check(cls, comparison: Comparison) -> Iterator[Change]:
        for pair in comparison.types:
            old, new = pair.old.target, pair.new.target
            if old and new and not comparison.forms.travels_alike(old, new):
                yield cls.change(pair.at, f"`{old}` became `{new}`")
            elif pair.old.text and pair.new.text and pair.old.text != pair.new.text:
                yield cls.change(pair.at, f"`{pair.old.text}` became `{pair.new.text}`")


class TypeTargetRespelled(BreakingRule):
    """A NewType or an alias stands for another type that travels alike: callers' source may not fit
    it."""

    id = "TYPE_TARGET_RESPELLED"
    tier = Tier.SOURCE
    advice = "Keep the type"
    BREAKING = (
        case("Cart = list[str]", "Cart = tuple[str, ...]"),
        case("Cart = str", "Cart = Id"),
    )

    @classmethod
    def check(cls, comparison: Comparison) -> Iterator[Change]:
        forms = comparison.forms
        for pair in comparison.types:
            old, new = pair.old.target, pair.new.target
            if old and new and forms.travels_alike(old, new) and not forms.checks_alike(old, new):
                yield cls.change(pair.at, f"`{old}` became `{new}`")
