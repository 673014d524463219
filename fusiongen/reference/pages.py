"""The files of `fusiongen docs`: write them, or tell which are stale."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ..output.files import replace, text_of
from ..output.reading import reading_of
from ..project import Project
from ..show.description import description_of
from .asyncapi import asyncapi
from .markdown import markdown

__all__ = ["pages", "stale", "write"]


def pages(project: Project) -> Mapping[str, str]:
    """The text of each file, by its name.

    Raises:
        GenerationError: the contracts break rules, or there are none.
    """
    description = description_of(reading_of(project))
    return {
        "asyncapi.json": asyncapi(description, project.title),
        "services.md": markdown(description, project.title),
    }


def stale(project: Project, folder: Path) -> list[Path]:
    """The files in a folder that are missing, or not what the contracts say.

    Raises:
        GenerationError: as `pages`.
    """
    return [
        folder / name
        for name, text in pages(project).items()
        if not (folder / name).is_file() or text_of(folder / name) != text
    ]


def write(project: Project, folder: Path) -> list[Path]:
    """Bring the files in a folder up to date; those that were written.

    Raises:
        GenerationError: as `pages`. Nothing is written then.
    """
    texts = pages(project)
    changed = stale(project, folder)
    replace({path: texts[path.name] for path in changed})
    return changed
