"""What a project should have, the modules of browsers included (C4, C5)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from ..output import plan as python
from ..output.plan import Plan
from ..output.stamp import stamped_script
from ..project import Project
from ..reader.sources import Sources
from ..resources import folder
from ..show.description import Description, description_of
from .libraries import libraries
from .modules import modules_of

__all__ = ["plan"]


def plan(project: Project, sources: Sources | None = None) -> Plan:
    """As `output.plan.plan`, with the modules below `javascript`, if the project asks for them.

    Raises:
        GenerationError: as there; or JavaScript cannot be given what a contract says.
    """
    wanted = python.plan(project, sources)
    if project.javascript is None:
        return wanted
    found = list(libraries(project.library_contracts))
    descriptions = [description_of(wanted.reading), *(each.description for each in found)]
    scripts = _scripts(project, project.javascript, descriptions)
    read = tuple(each.sources for each in found)
    return replace(wanted, files={**wanted.files, **dict(scripts)}, libraries=read)


def _scripts(
    project: Project, out: Path, descriptions: Sequence[Description]
) -> Iterator[tuple[Path, str]]:
    for name, source, body in modules_of(project, descriptions):
        yield out / name, stamped_script(body, source or "the contracts")
    place = folder("runtime/js")
    for path in sorted((*place.rglob("*.js"), *place.rglob("*.d.ts"))):
        text = path.read_text(encoding="utf-8")
        yield out / path.relative_to(place), stamped_script(text, "its runtime")
