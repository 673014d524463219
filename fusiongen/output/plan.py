"""Planning: everything is read, judged, rendered and compiled before anything is written (C4)."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ..errors import GenerationError
from ..project import Project
from ..reader.contracts import Reading
from ..reader.sources import Sources
from ..render.files import render
from .files import shown, text_of
from .lock import LOCK_FILE, lock_of, lock_text
from .reading import reading_of
from .stamp import State, stamped, state_of

__all__ = ["Plan", "plan"]


@dataclass(frozen=True, slots=True)
class Plan:
    """What a project should have.

    files: the text of each. An `__init__.py` of `out` that is the user's stays as it is.
    reading: what the contracts say.
    """

    files: Mapping[Path, str]
    reading: Reading


def plan(project: Project, sources: Sources | None = None) -> Plan:
    """Read the contracts, and render and compile what they make.

    sources: as `reading_of`.

    Raises:
        GenerationError: as `reading_of`, or a template of the user is wrong.
    """
    with _without_collector():
        reading = reading_of(project, sources)
        files = dict(_modules(project, reading))
        for path, text in files.items():
            _compile(project, path, text)
        files[project.out / LOCK_FILE] = lock_text(lock_of(reading))
        return Plan(files, reading)


@contextmanager
def _without_collector() -> Iterator[None]:
    """Syntax trees are many objects and no garbage: looking for it takes a fifth of the time."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _modules(project: Project, reading: Reading) -> Iterator[tuple[Path, str]]:
    """The generated modules, each with its header."""
    for file in render(reading.contracts, reading.sources.owns, project.templates):
        path = project.out / file.path
        if file.source is not None or not _stays(path):
            yield path, stamped(file.body, file.source)


def _stays(path: Path) -> bool:
    return path.exists() and state_of(text_of(path)) is State.FOREIGN


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
