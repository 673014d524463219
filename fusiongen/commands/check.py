"""`check`: what is wrong with a project; told at once, if nothing has changed."""

from __future__ import annotations

from ..bodies.services import body_warnings
from ..compat.rule import Tier
from ..errors import ContractError, Diagnostic
from ..output.last_run import recall, remember
from ..project import LOCK_FILE, Project
from ..show.report import Report, of_diagnostic, of_finding

__all__ = ["check"]


def check(project: Project, against: str | None, tier: Tier) -> list[Report]:
    """Everything that is wrong with a project: broken rules, or else files that are not current,
    breaking changes of a tier, and warnings.

    Raises:
        GenerationError: the project cannot be read.
        NoBaseline: there is nothing to compare with.
    """
    if against is None and (last := recall(project)) is not None:
        lock = (project.out / LOCK_FILE).read_text(encoding="utf-8")
        return _warnings(*last.warnings, *body_warnings(project, lock))
    from ..compat.changes import changes_since
    from ..javascript.plan import plan
    from ..output.drift import compare

    try:
        wanted = plan(project)
    except ContractError as error:
        return [of_diagnostic(each, "error") for each in error.diagnostics]
    findings = compare(project, wanted.files)
    if not findings:
        remember(project, wanted)
    return [
        *(of_finding(finding) for finding in findings),
        *(changes_since(project, wanted.reading, against, tier) if against is not None else ()),
        *_warnings(*wanted.reading.warnings, *body_warnings(project, wanted.lock)),
    ]


def _warnings(*found: Diagnostic) -> list[Report]:
    return [of_diagnostic(each, "warning") for each in found]
