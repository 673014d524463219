"""`generate` and `check` as the command line runs them: at once, if nothing has changed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from ..compat.changes import changes_since
from ..compat.rule import Tier
from ..errors import ContractError
from ..output import fresh
from ..output.drift import compare
from ..output.emit import Outcome, plan, write
from ..project import Project
from ..show.report import Report, of_diagnostic

__all__ = ["check", "generate", "told"]


def generate(project: Project) -> Outcome:
    """Write what changed; read nothing if nothing did.

    Raises:
        GenerationError: as `emit.generate`.
    """
    last = fresh.recall(project)
    if last is not None:
        return Outcome((), last.files, (), (), last.warnings)
    wanted = plan(project)
    outcome = write(project, wanted)
    fresh.remember(project, wanted)
    return outcome


def told(outcome: Outcome, here: Path) -> Iterator[str]:
    """What `generate` says that it did."""
    for path in outcome.deleted:
        yield f"deleted {os.path.relpath(path, here)}"
    for path in outcome.written:
        yield f"wrote {os.path.relpath(path, here)}"
    yield f"{len(outcome.written)} written, {len(outcome.unchanged)} up to date"


def check(project: Project, against: str | None, tier: Tier) -> list[Report]:
    """Everything that is wrong with a project: broken rules, or else files that are not current,
    breaking changes of a tier, and warnings.

    Raises:
        GenerationError: the project cannot be read.
        NoBaseline: there is nothing to compare with.
    """
    if against is None and (last := fresh.recall(project)) is not None:
        return [of_diagnostic(each, "warning") for each in last.warnings]
    try:
        wanted = plan(project)
    except ContractError as error:
        return [of_diagnostic(each, "error") for each in error.diagnostics]
    findings = compare(project, wanted.files)
    if not findings:
        fresh.remember(project, wanted)
    return [
        *(finding.report for finding in findings),
        *(changes_since(project, wanted.reading, against, tier) if against else ()),
        *(of_diagnostic(each, "warning") for each in wanted.reading.warnings),
    ]
