"""Every rule, by its tier and id."""

from __future__ import annotations

from . import bases, enums, keys, kinds, methods, parameters, records, services
from .base import BreakingRule, Tier

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
