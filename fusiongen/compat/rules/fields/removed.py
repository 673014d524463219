"""Rules about the fields that a type lost."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ...layout import is_closed, optional
from ...rule import BreakingRule, Tier
from .cases import case

if TYPE_CHECKING:
    from ....output.lock import LockedField
    from ...comparison import Comparison, FieldPair
    from ...rule import Change

__all__ = ["FieldRemoved", "RequiredFieldRemoved"]


def _removed(comparison: Comparison) -> Iterator[tuple[FieldPair, LockedField]]:
    return ((each, each.old) for each in comparison.fields if each.new is None and each.old)


class RequiredFieldRemoved(BreakingRule):
    """A type lost a field without a default: the old version does not read what lacks it."""

    id = "REQUIRED_FIELD_REMOVED"
    tier = Tier.WIRE
    advice = "Give it a default in one version, remove it in the next"
    BREAKING = (case(("id: str", "owner: str"), ("id: str",)),)

    @classmethod
    def check(cls, comparison: Comparison) -> Iterator[Change]:
        for pair, field in _removed(comparison):
            if not optional(pair.type.old, field) or is_closed(pair.type.new):
                yield cls.change(pair.at, "the field is gone, and the old version requires it")


class FieldRemoved(BreakingRule):
    """A type lost a field that had a default: callers' source that uses it fails. (Of a type that
    is part of keys this is KEY_CHANGED.)"""

    id = "FIELD_REMOVED"
    tier = Tier.SOURCE
    advice = "Keep it until no caller uses it"
    BREAKING = (case(("id: str", "owner: str = ''"), ("id: str",)),)

    @classmethod
    def check(cls, comparison: Comparison) -> Iterator[Change]:
        for pair, field in _removed(comparison):
            if (
                optional(pair.type.old, field)
                and not is_closed(pair.type.new)
                and pair.type.at not in comparison.keyed
            ):
                yield cls.change(pair.at, "the field is gone")
