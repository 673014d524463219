"""Every rule, by its tier and id."""

from __future__ import annotations

from ..rule import BreakingRule, Tier
from . import bases, enums, keys, methods, parameters, services
from . import fields as records
from . import types as kinds

__all__ = ["BREAKING_RULES"]

_TIERS = tuple(Tier)

BREAKING_RULES: tuple[type[BreakingRule], ...] = tuple(
    sorted(
        (
            getattr(module, name)
            for module in (bases, enums, keys, kinds, methods, parameters, records, services)
            for name in module.__all__
        ),
        key=lambda rule: (_TIERS.index(rule.tier), rule.id),
    )
)
