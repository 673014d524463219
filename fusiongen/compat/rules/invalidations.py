"""Rules about what commands invalidate. Instances of two versions that run at once tell each other
that, as a method and its arguments: what they mean has to be the same."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from ..entries import Entry, entries
from ..rule import Breaking, BreakingRule, Tier
from .cases import put

if TYPE_CHECKING:
    from ..comparison import Comparison, MethodPair
    from ..rule import Change

__all__ = ["InvalidationAdded", "InvalidationRemoved"]


class InvalidationRemoved(BreakingRule):
    """A command invalidates less: run by the new version, it leaves results stale that an instance
    of the old version holds."""

    id = "INVALIDATION_REMOVED"
    tier = Tier.CACHE
    advice = "Keep the entry until no instance of the old version runs"
    BREAKING = (
        Breaking(
            put("'get(id)'"),
            put(""),
            "carts.put",
            "it does not invalidate `carts.get(id)` any more",
        ),
        Breaking(
            put("'get(ANY)'"),
            put("'get(id)'"),
            "carts.put",
            "it does not invalidate `carts.get(ANY)` any more",
        ),
    )
    COMPATIBLE = (
        (put("'get(id)', 'get(\"all\")'"), put("'get(\"all\")', 'get(id)'")),
        (put("'get(id)'"), put("'get(id=id)'")),
        # What is left out is filled in before the key is told.
        (
            put("'get(id)'", "id: str, n: float = 1"),
            put("'get(n=1, id=id)'", "id: str, n: float = 1"),
        ),
        (put("'get(id, 1)'", "id: str, n: float = 1"), put("'get(id)'", "id: str, n: float = 1")),
        # What its host stores: its callers send the same, and other hosts are told the same keys.
        (put("'get(id)'"), put("'get(id)'", transient=True)),
        (put("'get(id)'", transient=True), put("'get(id)'")),
    )

    @classmethod
    def check(cls, comparison: Comparison) -> Iterator[Change]:
        for pair in comparison.methods:
            for entry in _missing(*_both(pair, comparison)):
                yield cls.change(pair.at, f"it does not invalidate `{entry}` any more")


class InvalidationAdded(BreakingRule):
    """A command invalidates more: run by an instance of the old version, it leaves results stale
    that the new version holds. One instance at a time is not concerned."""

    id = "INVALIDATION_ADDED"
    tier = Tier.CACHE
    advice = (
        "Stop the instances of the old version before the new one serves, "
        "or allow it if stale results may last as long as both run"
    )
    BREAKING = (
        Breaking(
            put(""),
            put("'get(id)'"),
            "carts.put",
            "it invalidates `carts.get(id)`, which it did not",
        ),
    )

    @classmethod
    def check(cls, comparison: Comparison) -> Iterator[Change]:
        for pair in comparison.methods:
            for entry in _missing(*reversed(_both(pair, comparison))):
                yield cls.change(pair.at, f"it invalidates `{entry}`, which it did not")


def _both(
    pair: MethodPair, comparison: Comparison
) -> tuple[Mapping[str, Entry], Mapping[str, Entry]]:
    """What a command invalidates in either version."""
    return (
        entries(pair.old, comparison.old, comparison),
        entries(pair.new, comparison.new, comparison),
    )


def _missing(own: Mapping[str, Entry], others: Mapping[str, Entry]) -> Iterator[str]:
    """The entries that none of the others covers, as they are written."""
    return (
        text
        for text, entry in own.items()
        if not any(other.covers(entry) for other in others.values())
    )
