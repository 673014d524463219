"""The lock to compare with: of a git revision, or in a file."""

from __future__ import annotations

import subprocess
from pathlib import Path

from pydantic import ValidationError

from ..errors import GenerationError
from ..lock import LOCK_FILE, Lock, lock_is_intact
from ..project import Project

__all__ = ["baseline"]


def baseline(project: Project, against: str) -> Lock:
    """The lock that the project had at a revision, or that a file holds.

    against: a path that exists, relative to the working directory; else a git revision.

    Raises:
        GenerationError: there is no lock there, or it was edited.
    """
    path = Path(against)
    text = _read(path) if path.is_file() else _at_revision(project, against)
    where = against if path.is_file() else f"{LOCK_FILE} at {against}"
    if not lock_is_intact(text):
        raise GenerationError(
            f"{where} is no lock as fusiongen wrote it: name another revision or file"
        )
    try:
        return Lock.model_validate_json(text)
    except ValidationError:
        raise GenerationError(
            f"{where} was written by another version of fusiongen: compare with a lock of this one"
        ) from None


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise GenerationError(f"{path} cannot be read: {error}") from None


def _at_revision(project: Project, revision: str) -> str:
    if not _git(project, "rev-parse", "--verify", "--quiet", "--end-of-options", revision)[0]:
        raise GenerationError(
            f"{revision} is neither a file nor a revision of the git repository of "
            f"{project.directory}: name one, such as `main`, or the path of a {LOCK_FILE}"
        )
    # The whole project may have moved inside the repository; where the lock is now has to do.
    found, text = _git(project, "show", f"{revision}:./{LOCK_FILE}")
    if not found:
        raise GenerationError(
            f"there was no {project.out.name}/{LOCK_FILE} at {revision}: commit it there first, "
            "or compare with a later revision"
        )
    return text


def _git(project: Project, *arguments: str) -> tuple[bool, str]:
    """Whether git succeeded in the output folder, and what it printed."""
    folder = project.out if project.out.is_dir() else project.directory
    try:
        finished = subprocess.run(
            ["git", *arguments], cwd=folder, capture_output=True, check=False, timeout=60
        )
    except FileNotFoundError:
        raise GenerationError(
            f"git is not installed: name the path of a {LOCK_FILE} in place of a revision"
        ) from None
    return finished.returncode == 0, finished.stdout.decode("utf-8", "replace")
