"""What a rule about breaking changes is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from .comparison import Comparison

__all__ = ["BreakingRule", "Case", "Change", "Tier"]

Case = tuple[str, str]
"""A contract's text before and after; methods alone stand for a contract that has them."""


class Tier(Enum):
    """What a change breaks. Each tier holds those after it: SOURCE ⊃ WIRE ⊃ CACHE."""

    SOURCE = "source"
    """Callers' source: it does not type-check, or not run, against the new contract."""
    WIRE = "wire"
    """Calls between a process of the old version and one of the new version."""
    CACHE = "cache"
    """Invalidations between them: a stale result may be served, and nothing reports it."""

    def held(self) -> frozenset[Tier]:
        """This tier and those that it holds."""
        tiers = list(Tier)
        return frozenset(tiers[tiers.index(self) :])


@dataclass(frozen=True, slots=True)
class Change:
    """One breaking change.

    at: what changed: `carts`, `carts.get`, `shop.types.Cart` or `shop.types.Cart.id`.
    message: a clause without a full stop.
    advice: how to make such a change without breaking anything.
    """

    rule: str
    tier: Tier
    at: str
    message: str
    advice: str

    def __str__(self) -> str:
        return f"{self.at}: {self.rule} ({self.tier.value}) {self.message}. {self.advice}"


class BreakingRule:
    """One sort of breaking change.

    id: never reused.
    tier: the innermost tier that it breaks.
    advice: how to make such a change without breaking anything, a whole sentence.
    BREAKING, COMPATIBLE: changes that the rule reports, and similar ones that no rule reports.
    """

    id: ClassVar[str]
    tier: ClassVar[Tier]
    advice: ClassVar[str]
    BREAKING: ClassVar[tuple[Case, ...]]
    COMPATIBLE: ClassVar[tuple[Case, ...]] = ()

    @classmethod
    def change(cls, at: str, message: str) -> Change:
        """This rule, broken there."""
        return Change(cls.id, cls.tier, at, message, cls.advice)

    @classmethod
    def check(cls, comparison: Comparison) -> Iterator[Change]:
        """Every change of this sort."""
        raise NotImplementedError
