"""Files on their way to their places, and what a `generate` that was killed left of them (C4)."""

from __future__ import annotations

import re
import tempfile
import time
from pathlib import Path
from typing import Final

from ..project import Project

__all__ = ["beside", "leftovers"]

RUNNING: Final = 60.0
"""Seconds in which a file may be one of a `generate` that runs now."""
_MARK: Final = ".fusiongen-"
_NAME: Final = re.compile(rf"\..+{re.escape(_MARK)}[a-z0-9_]{{8}}\.tmp")


def beside(path: Path) -> tuple[int, str]:
    """A new file for what shall be at `path`, open; by its name anybody sees whose it is."""
    return tempfile.mkstemp(prefix=f".{path.name}{_MARK}", suffix=".tmp", dir=path.parent)


def leftovers(project: Project) -> list[Path]:
    """Those that nobody will put in their places any more."""
    roots = [each for each in (project.out, project.javascript) if each is not None]
    names = f".*{_MARK}*.tmp"
    found = {path for root in roots for each in (names, f"*/{names}") for path in root.glob(each)}
    return sorted(path for path in found if _NAME.fullmatch(path.name) and _is_old(path))


def _is_old(path: Path) -> bool:
    """By when it was made: a copy is as old as what it was copied from, by its own time."""
    try:
        return not path.is_symlink() and time.time() - path.stat().st_ctime > RUNNING
    except OSError:  # it is gone
        return False
