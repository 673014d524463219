"""Rules about the fields that a type lost."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ...layout import is_closed, optional
from ...rule import Breaking, BreakingRule, Tier
from .cases import NAMED_TUPLE, STRUCT, cart, case

if TYPE_CHECKING:
    from ....output.lock import LockedField
    from ...comparison import Comparison, FieldPair
    from ...rule import Change

__all__ = ["FieldRemoved", "FieldRemovedFromClosedType", "RequiredFieldRemoved"]


def _removed(comparison: Comparison) -> Iterator[tuple[FieldPair, LockedField]]:
    return ((each, each.old) for each in comparison.fields if each.new is None and each.old)


class RequiredFieldRemoved(BreakingRule):
    """A type lost a field without a default: the old version does not read what lacks it."""

    id = "REQUIRED_FIELD_REMOVED"
    tier = Tier.WIRE
    advice = "Give it a default in one version, remove it in the next"
    BREAKING = (
        Breaking(
            *case(("id: str", "owner: str"), ("id: str",)),
            "shop.contracts.Cart.owner",
            "the field is gone, and the old version requires it",
        ),
    )

    @classmethod
    def check(cls, comparison: Comparison) -> Iterator[Change]:
        for pair, field in _removed(comparison):
            if not optional(pair.type.old, field):
                yield cls.change(pair.at, "the field is gone, and the old version requires it")


class FieldRemovedFromClosedType(BreakingRule):
    """A type that refuses fields that it does not know lost one that had a default: the new version
    does not read what the old one sends. See FIELD_ADDED_TO_CLOSED_TYPE."""

    id = "FIELD_REMOVED_FROM_CLOSED_TYPE"
    tier = Tier.WIRE
    advice = "Keep it, or open the type in one version and remove it in the next"
    BREAKING = (
        Breaking(
            cart(NAMED_TUPLE, "id: str", "n: int = 0"),
            cart(NAMED_TUPLE, "id: str"),
            "shop.contracts.Cart.n",
            "the field is gone, and the new version refuses it",
        ),
        Breaking(
            cart(STRUCT.format(", forbid_unknown_fields=True"), "id: str", "n: int = 0"),
            cart(STRUCT.format(", forbid_unknown_fields=True"), "id: str"),
            "shop.contracts.Cart.n",
            "the field is gone, and the new version refuses it",
        ),
        Breaking(
            cart("class Cart(BaseModel, extra='forbid'):", "id: str", "n: int = 0"),
            cart("class Cart(BaseModel, extra='forbid'):", "id: str"),
            "shop.contracts.Cart.n",
            "the field is gone, and the new version refuses it",
        ),
    )

    @classmethod
    def check(cls, comparison: Comparison) -> Iterator[Change]:
        for pair, field in _removed(comparison):
            if is_closed(pair.type.new) and optional(pair.type.old, field):
                yield cls.change(pair.at, "the field is gone, and the new version refuses it")


class FieldRemoved(BreakingRule):
    """A type lost a field that had a default: callers' source that uses it fails. (Of a type that
    is part of keys this is KEY_CHANGED.)"""

    id = "FIELD_REMOVED"
    tier = Tier.SOURCE
    advice = "Keep it until no caller uses it"
    BREAKING = (
        Breaking(
            *case(("id: str", "owner: str = ''"), ("id: str",)),
            "shop.contracts.Cart.owner",
            "the field is gone",
        ),
    )

    @classmethod
    def check(cls, comparison: Comparison) -> Iterator[Change]:
        for pair, field in _removed(comparison):
            if (
                optional(pair.type.old, field)
                and not is_closed(pair.type.new)
                and pair.type.at not in comparison.keyed
            ):
                yield cls.change(pair.at, "the field is gone")
