"""Every rule, by its tier and id."""

from __future__ import annotations

from ..rule import BreakingRule, Tier
from . import (
    enums,
    exceptions,
    indexes,
    invalidations,
    keys,
    methods,
    protocols,
    results,
    services,
)
from .fields import added, defaults, moved, renamed, retyped
from .fields import compared as fields_compared
from .fields import removed as fields_removed
from .parameters import asking, listed, passed
from .parameters import retyped as parameters_retyped
from .types import compared, kinds, options, targets
from .types import removed as types_removed

__all__ = ["BREAKING_RULES"]

_MODULES = (
    *(enums, exceptions, indexes, invalidations, keys, methods, protocols),
    *(results, services),
    *(added, defaults, fields_compared, fields_removed, moved, renamed, retyped),
    *(asking, listed, parameters_retyped, passed),
    *(compared, kinds, options, targets, types_removed),
)
_TIERS = tuple(Tier)

BREAKING_RULES: tuple[type[BreakingRule], ...] = tuple(
    sorted(
        (getattr(module, name) for module in _MODULES for name in module.__all__),
        key=lambda rule: (_TIERS.index(rule.tier), rule.id),
    )
)
