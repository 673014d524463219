"""What comes before running an application."""

from __future__ import annotations

from pathlib import Path

from ..errors import GenerationError
from ..javascript.plan import plan
from ..output.drift import compare
from ..project import load

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
    findings = compare(project, plan(project).files)
    if findings:
        more = f", and {len(findings) - 1} more" if len(findings) > 1 else ""
        raise GenerationError(
            f"the generated code is not what the contracts say: {findings[0].path} is "
            f"{findings[0].kind.value}{more}; run `fusiongen generate`"
        )
