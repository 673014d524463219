"""What a rule about breaking changes is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from .comparison import Comparison

__all__ = ["Breaking", "BreakingRule", "Case", "Change", "Tier", "was_and_is"]

Case = tuple[str, str]
"""A contract's text before and after; methods alone stand for a contract that has them."""


@dataclass(frozen=True, slots=True)
class Breaking:
    """A contract's text before and after a change that a rule reports: at what, and with which
    words.

    at: what changed, in the module `shop.contracts`; see `Change`.
    message: the whole clause.
    also: what else changed with it, each with its message.
    """

    before: str
    after: str
    at: str
    message: str
    also: tuple[tuple[str, str], ...] = ()

    @property
    def case(self) -> Case:
        """The two texts."""
        return self.before, self.after

    @property
    def found(self) -> tuple[tuple[str, str], ...]:
        """Everything that changed, each with its message."""
        return (self.at, self.message), *self.also


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
    BREAKING, COMPATIBLE: changes that the rule reports (see `Breaking`), and similar ones that no
        rule reports.
    """

    id: ClassVar[str]
    tier: ClassVar[Tier]
    advice: ClassVar[str]
    BREAKING: ClassVar[tuple[Breaking, ...]]
    COMPATIBLE: ClassVar[tuple[Case, ...]] = ()

    @classmethod
    def change(cls, at: str, message: str) -> Change:
        """This rule, broken there."""
        return Change(cls.id, cls.tier, at, message, cls.advice)

    @classmethod
    def check(cls, comparison: Comparison) -> Iterator[Change]:
        """Every change of this sort."""
        raise NotImplementedError


def was_and_is(what: str, old: str | None, new: str | None) -> str:
    """The clause for what had one text and has another; `None` where nothing is said."""
    before, after = ("not set" if each is None else f"`{each}`" for each in (old, new))
    return f"{what} was {before}, and is {after}"
