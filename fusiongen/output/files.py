"""Generated files as they lie on the disk: read them, replace them, find those left over."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from ..project import Project
from .stamp import MARK, SCRIPT_MARK

__all__ = ["orphans", "owned", "replace", "shown", "text_of"]


def text_of(path: Path) -> str:
    """A file's text, whatever its line ends; bytes that are no text make it a foreign file."""
    return path.read_text(encoding="utf-8", errors="replace")


def replace(path: Path, text: str) -> None:
    """Write a file so that it is there whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    mode = path.stat().st_mode & 0o777 if path.exists() else 0o666 & ~_umask()
    handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".tmp", dir=path.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
        os.chmod(temporary, mode)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def orphans(project: Project, files: Mapping[Path, str]) -> tuple[Path, ...]:
    """Generated files of contracts that are gone: only those with our header."""
    return tuple(
        path
        for path in owned(project)
        if path not in files and text_of(path).startswith((f"{MARK} from ", f"{SCRIPT_MARK} from "))
    )


def owned(project: Project) -> list[Path]:
    """The files that may be generated, as they lie there."""
    found = sorted(project.out.glob("*/*.py"))
    if project.javascript is not None:
        scripts = (project.javascript.rglob(f"*.{ending}") for ending in ("js", "d.ts"))
        found.extend(sorted(path for each in scripts for path in each))
    return found


def shown(project: Project, path: Path) -> str:
    """A path as messages name it: relative to the project, with `/`."""
    return Path(os.path.relpath(path, project.directory)).as_posix()


def _umask() -> int:
    current = os.umask(0o022)
    os.umask(current)
    return current
