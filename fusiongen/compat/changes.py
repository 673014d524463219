"""`check --against`: what of a project's contracts breaks those who know the older ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ..contract import Kind
from ..errors import GenerationError, Span
from ..output.contents import lock_of
from ..output.lock import Lock
from ..project import Allowed, Project
from ..reader.contracts import Reading
from ..show.report import Report
from .aligned import ordered, parameterized, renamed
from .baseline import baseline
from .comparison import Comparison
from .configured import configured
from .rule import Change, Tier
from .rules.all import BREAKING_RULES
from .today import Today

__all__ = ["breaking", "changed", "changes_since"]


def changes_since(project: Project, reading: Reading, against: str, tier: Tier) -> list[Report]:
    """Every breaking change of a tier that is not allowed, where today's contracts show it; and
    warnings of what is allowed in vain.

    Raises:
        NoBaseline: there is no such lock.
        GenerationError: an entry of `allow` names a rule that does not exist.
    """
    _known(project.allow)
    changes = changed(baseline(project, against), reading)
    made = {(change.rule, change.at) for change in changes}
    allowed = {(each.rule, each.at) for each in project.allow}
    places = dict(_places(reading))
    return [
        *(
            _report(change, places)
            for change in changes
            if (change.rule, change.at) not in allowed and change.tier in tier.held()
        ),
        *(_in_vain(each, against) for each in project.allow if (each.rule, each.at) not in made),
    ]


def _in_vain(allowed: Allowed, against: str) -> Report:
    message = (
        f"`{allowed.rule}` at `{allowed.at}` is allowed, and there is no such change since "
        f"{against}. Remove the entry from `allow` in [tool.fusiongen], or mend its `at`"
    )
    return Report("warning", f"{message}.", "pyproject.toml", rule=allowed.rule)


def changed(old: Lock, reading: Reading) -> list[Change]:
    """Every breaking change between an older lock and today's contracts."""
    today = Today(reading.structures)
    old = renamed(old, today.name_of)
    gone = frozenset(
        name
        for name, type_ in old.types.items()
        if type_.kind is not Kind.VARIABLE and not today.defines(name)
    )
    return breaking(old, lock_of(reading), gone)


def breaking(old: Lock, new: Lock, gone: frozenset[str] = frozenset()) -> list[Change]:
    """Every breaking change, by what changed (C6).

    gone: the names of old types that nothing defines any more; others are only not referred to.
    """
    first, second = (parameterized(ordered(configured(each)), new) for each in (old, new))
    comparison = Comparison(first, second, gone)
    changes = [change for rule in BREAKING_RULES for change in rule.check(comparison)]
    return sorted(set(changes), key=lambda change: (change.at, change.rule, change.message))


def _report(change: Change, places: Mapping[str, Span]) -> Report:
    """Placed at the method, else the contract; types are known by name only."""
    service, _, _ = change.at.partition(".")
    span = places.get(change.at) or places.get(service)
    if span is None:
        return Report("breaking", str(change), rule=change.rule)
    return Report("breaking", str(change), span.path, span.line, span.column, change.rule)


def _known(allow: tuple[Allowed, ...]) -> None:
    ids = {rule.id for rule in BREAKING_RULES}
    for each in allow:
        if each.rule not in ids:
            raise GenerationError(
                f"`{each.rule}` under `allow` in [tool.fusiongen] is no breaking change: "
                "docs/compat.md lists their ids"
            )


def _places(reading: Reading) -> Iterator[tuple[str, Span]]:
    for contract in reading.contracts:
        yield contract.name, contract.span
        for method in contract.methods:
            yield f"{contract.name}.{method.name}", method.span
