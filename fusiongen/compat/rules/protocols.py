"""The rule about the classes of contracts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..rule import Breaking, BreakingRule, Tier
from .cases import carts

if TYPE_CHECKING:
    from ..comparison import Comparison
    from ..rule import Change

__all__ = ["ProtocolRenamed"]


class ProtocolRenamed(BreakingRule):
    """A contract's class has another name or place, so callers' imports of it, and of the classes
    that are generated with its name, fail."""

    id = "PROTOCOL_RENAMED"
    tier = Tier.SOURCE
    advice = "Keep the old name, too, where it was: `Carts = Baskets`"
    BREAKING = (
        Breaking(
            carts("@service"),
            carts('@service(name="carts")', "Baskets"),
            "carts",
            "`shop.contracts.Carts` is now `shop.contracts.Baskets`",
        ),
    )

    @classmethod
    def check(cls, comparison: Comparison) -> Iterator[Change]:
        for name, old, new in comparison.services():
            if old.protocol != new.protocol:
                yield cls.change(name, f"`{old.protocol}` is now `{new.protocol}`")
