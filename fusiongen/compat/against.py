"""`check --against`: what of a project's contracts breaks those who know the older ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ..contract import Ref
from ..errors import GenerationError, Span
from ..lock import lock_of
from ..project import Allowed, Project
from ..reader.contracts import Reading
from ..report import Report
from .all import BREAKING_RULES
from .base import Change, Tier
from .baseline import baseline
from .compare import breaking, renamed

__all__ = ["changes_since"]


def changes_since(project: Project, reading: Reading, against: str, tier: Tier) -> list[Report]:
    """Every breaking change of a tier that is not allowed, where today's contracts show it.

    Raises:
        GenerationError: there is no such lock, or an entry of `allow` names a rule that does not
            exist.
    """
    _known(project.allow)
    old = renamed(baseline(project, against), lambda name: _name_now(reading, name))
    allowed = {(each.rule, each.at) for each in project.allow}
    places = dict(_places(reading))
    return [
        _report(change, places)
        for change in breaking(old, lock_of(reading))
        if (change.rule, change.at) not in allowed and change.tier in tier.held()
    ]


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


def _name_now(reading: Reading, name: str) -> str:
    """What a name means today, seen from where it was: itself, unless it is imported there."""
    parts = name.split(".")
    for index in range(len(parts) - 1, 0, -1):
        module = ".".join(parts[:index])
        if reading.structures.has_module(module):
            ref = Ref(module=module, name=".".join(parts[index:]))
            return str(reading.structures.origin(ref))
    return name
