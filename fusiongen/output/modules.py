"""The generated modules of a project: rendered, with their headers, and compiled."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ..errors import GenerationError
from ..project import Project
from ..reader.contracts import Reading
from ..render.files import render
from .files import shown, text_of
from .stamp import State, stamped, state_of

__all__ = ["rendered"]


def rendered(project: Project, reading: Reading) -> Iterator[tuple[Path, str]]:
    """Where each lies, and its text. An `__init__.py` of `out` that is the user's is none of them.

    Raises:
        GenerationError: a template of the user is wrong.
    """
    files = render(
        reading.contracts, reading.sources.owns, project.templates, blocks=project.blocking
    )
    for file in files:
        path = project.out / file.path
        if file.source is None and path.exists() and state_of(text_of(path)) is State.FOREIGN:
            continue
        text = stamped(file.body, file.source)
        _compile(project, path, text)
        yield path, text


def _compile(project: Project, path: Path, text: str) -> None:
    """Nothing is written that Python does not take."""
    try:
        compile(text, str(path), "exec", dont_inherit=True)
    except SyntaxError as error:
        source = f"the templates of {project.templates}" if project.templates else "the contracts"
        raise GenerationError(
            f"{source} make {shown(project, path)} no valid Python: "
            f"line {error.lineno}: {error.msg}"
        ) from None
