"""What comes before running an application."""

from __future__ import annotations

from pathlib import Path

from .check import check
from .errors import GenerationError
from .project import load

__all__ = ["check_current"]


def check_current(directory: Path) -> None:
    """Refuse to run code that is not what its contracts say; outside of a project, do nothing.

    Raises:
        GenerationError: some generated file is not current.
    """
    try:
        project = load(directory)
    except GenerationError:
        return
    findings = check(project)
    if findings:
        raise GenerationError("\n".join(finding.message for finding in findings))
