"""`check --against`: what of a project's contracts breaks those who know the older ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ..contract import Named, Ref
from ..errors import GenerationError, Span
from ..output.lock import Lock, lock_of
from ..project import Allowed, Project
from ..reader.contracts import Reading
from ..reader.structures import Kind, Structure
from ..show.report import Report
from .baseline import baseline
from .compare import breaking, renamed
from .rule import Change, Tier
from .rules.all import BREAKING_RULES

__all__ = ["changed", "changes_since"]


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
    old = renamed(old, lambda name, kind: _name_now(reading, name, kind))
    gone = frozenset(name for name in old.types if not _is_defined(reading, name))
    return breaking(old, lock_of(reading), gone)


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


def _name_now(reading: Reading, name: str, kind: str) -> str:
    """What a name means today, seen from where it was: itself, unless it is imported there, or an
    alias of something of the kind that it was itself."""
    ref = _ref(reading, name)
    if ref is None:
        return name
    origin = reading.structures.origin(ref)
    behind = _behind(reading, origin)
    return str(behind.ref if behind and behind.kind.value == kind else origin)


def _behind(reading: Reading, ref: Ref) -> Structure | None:
    """What a name stands for if it is an alias of a bare name, or of another such alias."""
    seen: set[Ref] = set()
    structure = reading.structures.of(ref)
    while structure is not None and structure.kind is Kind.ALIAS and structure.ref not in seen:
        seen.add(structure.ref)
        target = structure.target
        if not isinstance(target, Named) or target.arguments is not None:
            return None
        structure = reading.structures.of(target.ref)
    return structure


def _is_defined(reading: Reading, name: str) -> bool:
    ref = _ref(reading, name)
    return ref is not None and reading.structures.defines(ref)


def _ref(reading: Reading, name: str) -> Ref | None:
    """A dotted name as one in a module of today's source roots, if there is the module."""
    parts = name.split(".")
    for index in range(len(parts) - 1, 0, -1):
        module = ".".join(parts[:index])
        if reading.structures.has_module(module):
            return Ref(module=module, name=".".join(parts[index:]))
    return None
