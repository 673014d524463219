"""Rules about what NewTypes and aliases stand for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ...rule import Breaking, BreakingRule, Tier, was_and_is
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
        Breaking(
            *case("Cart = NewType('Cart', str)", "Cart = NewType('Cart', int)"),
            "shop.contracts.Cart",
            "what it stands for was `str`, and is `int`",
        ),
        Breaking(
            *case("Cart = dict[str, int]", "Cart = dict[str, str]"),
            "shop.contracts.Cart",
            "what it stands for was `dict[str, int]`, and is `dict[str, str]`",
        ),
        Breaking(
            *case("Cart = Enum('Cart', 'A B')", "Cart = Enum('Cart', 'A B C')"),
            "shop.contracts.Cart",
            "what makes it was `enum.Enum('Cart', 'A B')`, and is `enum.Enum('Cart', 'A B C')`",
        ),
    )
    COMPATIBLE = (case("Cart = Optional[str]", "Cart = Union[str, None]"),)

    @classmethod
    def check(cls, comparison: Comparison) -> Iterator[Change]:
        for pair in comparison.types:
            old, new = pair.old.target, pair.new.target
            if old and new and not comparison.forms.travels_alike(old, new):
                shown = comparison.forms.shown(old, new)
                yield cls.change(pair.at, was_and_is("what it stands for", *shown))
            elif pair.old.text and pair.new.text and pair.old.text != pair.new.text:
                yield cls.change(pair.at, was_and_is("what makes it", pair.old.text, pair.new.text))


class TypeTargetRespelled(BreakingRule):
    """A NewType or an alias stands for another type that travels alike: callers' source may not fit
    it."""

    id = "TYPE_TARGET_RESPELLED"
    tier = Tier.SOURCE
    advice = "Keep the type"
    BREAKING = (
        Breaking(
            *case("Cart = list[str]", "Cart = tuple[str, ...]"),
            "shop.contracts.Cart",
            "what it stands for was `list[str]`, and is `tuple[str, ...]`",
        ),
        Breaking(
            *case("Cart = str", "Cart = Id"),
            "shop.contracts.Cart",
            "what it stands for was `str`, and is `shop.contracts.Id`",
        ),
    )

    @classmethod
    def check(cls, comparison: Comparison) -> Iterator[Change]:
        forms = comparison.forms
        for pair in comparison.types:
            old, new = pair.old.target, pair.new.target
            if old and new and forms.travels_alike(old, new) and not forms.checks_alike(old, new):
                yield cls.change(pair.at, was_and_is("what it stands for", old, new))
