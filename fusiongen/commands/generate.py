"""`generate`: write what changed; done at once, if nothing has."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from ..output.last_run import recall, remember
from ..output.outcome import Outcome
from ..project import Project

__all__ = ["generate", "told"]


def generate(project: Project) -> Outcome:
    """Write what changed; read nothing if nothing did.

    Raises:
        GenerationError: as `output.write.generate`.
    """
    last = recall(project)
    if last is not None:
        return Outcome((), last.files, (), (), last.warnings)
    from ..javascript.plan import plan
    from ..output.write import write

    wanted = plan(project)
    outcome = write(project, wanted)
    remember(project, wanted)
    return outcome


def told(outcome: Outcome, here: Path) -> Iterator[str]:
    """What `generate` says that it did."""
    for path in outcome.deleted:
        yield f"deleted {os.path.relpath(path, here)}"
    for path in outcome.written:
        yield f"wrote {os.path.relpath(path, here)}"
    yield f"{len(outcome.written)} written, {len(outcome.unchanged)} up to date"
