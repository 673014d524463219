"""`check`: what is wrong with a project; told at once, if nothing has changed."""

from __future__ import annotations

from ..bodies.services import body_warnings
from ..compat.rule import Tier
from ..errors import ContractError, Diagnostic, GenerationError
from ..output.last_run import recall, remember
from ..project import LOCK_FILE, Project
from ..show.report import Report, of_diagnostic, of_finding

__all__ = ["check"]


def check(project: Project, against: str | None, tier: Tier) -> list[Report]:
    """Everything that is wrong with a project: broken rules, or else files that are not current,
    roles that name what is not there, breaking changes of a tier, and warnings.

    Raises:
        GenerationError: the project cannot be read.
        NoBaseline: there is nothing to compare with.
    """
    if against is None and (last := recall(project)) is not None:
        lock = (project.out / LOCK_FILE).read_text(encoding="utf-8")
        warnings = _warnings(*last.warnings, *body_warnings(project, lock))
        return [*_roles(project, lock), *warnings]
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
        *_roles(project, wanted.lock),
        *(changes_since(project, wanted.reading, against, tier) if against is not None else ()),
        *_warnings(*wanted.reading.warnings, *body_warnings(project, wanted.lock)),
    ]


def _roles(project: Project, lock: str) -> list[Report]:
    """The first thing for which `fusiongen permissions` would refuse the roles (D30)."""
    if not project.roles:
        return []
    from ..output.lock import Lock
    from ..permissions import rights_for

    try:
        rights_for(Lock.model_validate_json(lock), project.roles)
    except GenerationError as error:
        return [Report("error", str(error))]
    return []


def _warnings(*found: Diagnostic) -> list[Report]:
    return [of_diagnostic(each, "warning") for each in found]
