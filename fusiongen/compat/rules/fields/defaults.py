"""Rules about fields that may be left out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ....contract import Kind
from ...defaults import meant
from ...layout import given_default, optional
from ...rule import Breaking, BreakingRule, Tier, was_and_is
from .cases import STRUCT, cart, case, kept

if TYPE_CHECKING:
    from ....output.lock import LockedField, LockedType
    from ...comparison import Comparison
    from ...opened import Types
    from ...rule import Change

__all__ = ["FieldDefaultChanged", "FieldMadeRequired", "FieldPresenceChanged"]


class FieldMadeRequired(BreakingRule):
    """A field lost its default: callers that make instances without it fail."""

    id = "FIELD_MADE_REQUIRED"
    tier = Tier.SOURCE
    advice = "Keep the default"
    BREAKING = (
        Breaking(
            *case(("id: str = ''",), ("id: str",)),
            "shop.contracts.Cart.id",
            "the field has no default any more",
        ),
    )
    COMPATIBLE = (case(("id: str",), ("id: str = ''",)),)

    @classmethod
    def check(cls, comparison: Comparison) -> Iterator[Change]:
        for pair, old, new in kept(comparison):
            lost = optional(pair.type.old, old) and not optional(pair.type.new, new)
            if lost and not _may_be_absent(pair.type.old, old):
                yield cls.change(pair.at, "the field has no default any more")


class FieldPresenceChanged(BreakingRule):
    """A field may be left out by one version that the other one requires: a key of a `TypedDict`,
    or a field of a Struct with `omit_defaults`, or with `UNSET` as its default."""

    id = "FIELD_PRESENCE_CHANGED"
    tier = Tier.WIRE
    advice = "Let every reader do without it first"
    BREAKING = (
        Breaking(
            cart("class Cart(TypedDict):", "id: str"),
            cart("class Cart(TypedDict):", "id: NotRequired[str]"),
            "shop.contracts.Cart.id",
            "it may be left out now; the old version requires it",
        ),
        Breaking(
            cart(STRUCT.format(", omit_defaults=True"), "id: str = ''"),
            cart(STRUCT.format(", omit_defaults=True"), "id: str"),
            "shop.contracts.Cart.id",
            "it is required now; the old version may leave it out",
        ),
    )
    COMPATIBLE = (
        (
            cart("class Cart(TypedDict):", "id: str"),
            cart("class Cart(TypedDict):", "id: Required[str]"),
        ),
    )

    @classmethod
    def check(cls, comparison: Comparison) -> Iterator[Change]:
        for pair, old, new in kept(comparison):
            first, second = pair.type.old, pair.type.new
            if _may_be_absent(first, old) and not optional(second, new):
                yield cls.change(pair.at, "it is required now; the old version may leave it out")
            elif _may_be_absent(second, new) and not optional(first, old):
                yield cls.change(pair.at, "it may be left out now; the old version requires it")


class FieldDefaultChanged(BreakingRule):
    """A default changed that is not sent (`omit_defaults`, `UNSET`): either version fills in its
    own."""

    id = "FIELD_DEFAULT_CHANGED"
    tier = Tier.WIRE
    advice = "Keep the default, or drop `omit_defaults` in a version before"
    BREAKING = (
        Breaking(
            cart(STRUCT.format(", omit_defaults=True"), "n: int = 1"),
            cart(STRUCT.format(", omit_defaults=True"), "n: int = 2"),
            "shop.contracts.Cart.n",
            "the default was `1`, and is `2`",
        ),
    )
    COMPATIBLE = (case(("n: int = 1",), ("n: int = 2",)),)

    @classmethod
    def check(cls, comparison: Comparison) -> Iterator[Change]:
        for pair, old, new in kept(comparison):
            omitted = _omits(pair.type.old, old) or _omits(pair.type.new, new)
            before, after = (
                _meant(each, types)
                for each, types in ((old, comparison.old.types), (new, comparison.new.types))
            )
            if omitted and before is not None and after not in (None, before):
                yield cls.change(pair.at, was_and_is("the default", before, after))


def _meant(field: LockedField, types: Types) -> str | None:
    default = given_default(field)
    return None if default is None else meant(default, field.type, types)


def _may_be_absent(type_: LockedType, field: LockedField) -> bool:
    """Whether a writer may leave the field out."""
    return optional(type_, field) and (type_.kind is Kind.TYPED_DICT or _omits(type_, field))


def _omits(type_: LockedType, field: LockedField) -> bool:
    """Whether a writer leaves the field out if it has its default."""
    return type_.options.get("omit_defaults") == "True" or given_default(field) == "msgspec.UNSET"
