"""Comparing two locks."""

from __future__ import annotations

import re
from collections.abc import Callable

from ..lock import Lock
from .all import BREAKING_RULES
from .base import Change
from .comparison import Comparison

__all__ = ["breaking", "renamed"]


def breaking(old: Lock, new: Lock) -> list[Change]:
    """Every breaking change, by what changed (C6)."""
    comparison = Comparison(old, new)
    changes = [change for rule in BREAKING_RULES for change in rule.check(comparison)]
    return sorted(set(changes), key=lambda change: (change.at, change.rule, change.message))


def renamed(lock: Lock, name_now: Callable[[str], str]) -> Lock:
    """The lock with its types under the names that they have now: one that moved and is still
    imported where it was has not changed for anybody."""
    names = {name: name_now(name) for name in (*lock.types, *_protocols(lock), *_raised(lock))}
    moved = sorted((old for old, new in names.items() if old != new), key=len, reverse=True)
    if not moved:
        return lock
    pattern = re.compile(rf"(?<![\w.])({'|'.join(map(re.escape, moved))})(?!\w)")
    text = pattern.sub(lambda match: names[match.group()], lock.model_dump_json())
    return Lock.model_validate_json(text)


def _protocols(lock: Lock) -> list[str]:
    return [contract.protocol for contract in lock.contracts.values()]


def _raised(lock: Lock) -> list[str]:
    return [name for contract in lock.contracts.values() for name in contract.raises]
