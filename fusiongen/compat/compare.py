"""Comparing two locks."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from ..lock import Lock
from .all import BREAKING_RULES
from .base import Change
from .comparison import Comparison

__all__ = ["breaking", "renamed"]


def breaking(old: Lock, new: Lock, gone: frozenset[str] = frozenset()) -> list[Change]:
    """Every breaking change, by what changed (C6).

    gone: the names of old types that nothing defines any more; others are only not referred to.
    """
    comparison = Comparison(old, new, gone)
    changes = [change for rule in BREAKING_RULES for change in rule.check(comparison)]
    return sorted(set(changes), key=lambda change: (change.at, change.rule, change.message))


def renamed(lock: Lock, name_now: Callable[[str, str], str]) -> Lock:
    """The lock with its types under the names that they have now: one that moved, or was renamed,
    and still has its old name where it was has not changed for anybody.

    name_now: the name of what an old name stands for today; takes the sort of type that it was.
    """
    names = {name: name_now(name, kind) for name, kind in _named(lock)}
    moved = sorted((old for old, new in names.items() if old != new), key=len, reverse=True)
    if not moved:
        return lock
    pattern = re.compile(rf"(?<![\w.])({'|'.join(map(re.escape, moved))})(?!\w)")
    text = pattern.sub(lambda match: names[match.group()], lock.model_dump_json())
    return Lock.model_validate_json(text)


def _named(lock: Lock) -> Iterator[tuple[str, str]]:
    for contract in lock.contracts.values():
        yield contract.protocol, "protocol"
        yield from ((name, "exception") for name in contract.raises)
    yield from ((name, type_.kind) for name, type_ in lock.types.items())
