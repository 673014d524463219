"""Planning: everything is read, judged, rendered and compiled before anything is written (C4)."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ..project import Project
from ..reader.contracts import Reading
from ..reader.sources import Sources
from .contents import lock_of
from .lock import LOCK_FILE, lock_text
from .modules import rendered
from .reading import reading_of

__all__ = ["Plan", "plan"]


@dataclass(frozen=True, slots=True)
class Plan:
    """What a project should have.

    files: the text of each. An `__init__.py` of `out` that is the user's stays as it is.
    reading: what the contracts say. lock: the text of the lock file, which is one of them.
    libraries: what was read of installed packages.
    """

    files: Mapping[Path, str]
    reading: Reading
    lock: str
    libraries: tuple[Sources, ...] = ()


def plan(project: Project, sources: Sources | None = None) -> Plan:
    """Read the contracts, and render and compile what they make.

    sources: as `reading_of`.

    Raises:
        GenerationError: as `reading_of`, or a template of the user is wrong.
    """
    with _without_collector():
        reading = reading_of(project, sources)
        files = dict(rendered(project, reading))
        lock = files[project.out / LOCK_FILE] = lock_text(lock_of(reading))
        return Plan(files, reading, lock)


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
