"""Every rule, by its id."""

from __future__ import annotations

from . import (
    bodies,
    files,
    halves,
    identity,
    invalidations,
    keys,
    methods,
    names,
    options,
    protocols,
    raises,
    reserved,
    services,
    sets,
    sharding,
    types,
    warnings,
)
from .base import ContractRule, ProjectRule, Rule

__all__ = ["CONTRACT_RULES", "PROJECT_RULES", "RULES"]

_MODULES = (
    files,
    halves,
    names,
    protocols,
    services,
    sharding,
    methods,
    identity,
    reserved,
    options,
    invalidations,
    types,
    keys,
    sets,
    raises,
    warnings,
    bodies,
)

RULES: tuple[type[Rule], ...] = tuple(
    sorted(
        (getattr(module, name) for module in _MODULES for name in module.__all__),
        key=lambda rule: rule.id,
    )
)

CONTRACT_RULES: tuple[type[ContractRule], ...] = tuple(
    rule for rule in RULES if issubclass(rule, ContractRule)
)

PROJECT_RULES: tuple[type[ProjectRule], ...] = tuple(
    rule for rule in RULES if issubclass(rule, ProjectRule)
)
