"""The lock to compare with: of a git revision, or in a file."""

from __future__ import annotations

import json
import os
import re
import subprocess
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

from pydantic import ValidationError

from ..errors import NoBaseline
from ..output.lock import LOCK_FILE, Lock, lock_is_intact
from ..project import Project

__all__ = ["baseline"]

_SECONDS = 60
_PLACES = (
    *("GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_COMMON_DIR", "GIT_DIR", "GIT_GRAFT_FILE"),
    *("GIT_IMPLICIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_INTERNAL_SUPER_PREFIX", "GIT_NAMESPACE"),
    *("GIT_OBJECT_DIRECTORY", "GIT_PREFIX", "GIT_SHALLOW_FILE", "GIT_WORK_TREE"),
)
"""What git tells its hooks of where they run: not where the project is. What a user sets for git
(its configuration, safe directories, how far up to look) stays."""


def baseline(project: Project, against: str) -> Lock:
    """The lock that the project had at a revision, or that a file holds.

    against: a path that exists, relative to the working directory; else a git revision.

    Raises:
        NoBaseline: there is no lock there, or it was edited, or is of another version of fusiongen.
    """
    path = Path(against)
    if path.is_file():
        return _lock(_read(path), against)
    where, text = _at_revision(project, against or "''")
    return _lock(text, f"{where} at {against}")


def _lock(text: str, where: str) -> Lock:
    if not lock_is_intact(text):
        raise NoBaseline(f"{where} is no lock as fusiongen wrote it: name another revision or file")
    try:
        return Lock.model_validate_json(text)
    except ValidationError:
        number = json.loads(text).get("format")
        raise NoBaseline(
            f"{where} was written by another version of fusiongen (format {number}): "
            "compare with a lock of this one, or use that version"
        ) from None


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise NoBaseline(f"{path} cannot be read: {error}") from None


def _at_revision(project: Project, revision: str) -> tuple[str, str]:
    """Where the lock was, relative to the project, and its text."""
    _has_repository(project, revision)
    commit = _commit(project, revision)
    if commit is None:
        raise NoBaseline(
            f"{revision} is neither a file nor a revision of the git repository of "
            f"{project.directory}: {_next_step(project)}"
        )
    tried = []
    for out in _outs(project, commit):
        answer = _git(project, "show", f"{commit}:./{out}/{LOCK_FILE}")
        if answer.found:
            return f"{out}/{LOCK_FILE}", answer.text
        tried.append(f"{out}/{LOCK_FILE}")
    raise NoBaseline(
        f"there was no {' and no '.join(tried)} at {revision}: commit it there first, "
        f"compare with a later revision, or name the path of a {LOCK_FILE}"
    )


def _commit(project: Project, revision: str) -> str | None:
    """The hash of a revision, however git lets it be named: `:/fix`, `HEAD@{1}`, `v1.0^{}`."""
    # A full hash passes for one even if the clone does not have it: the commit is looked up.
    for suffix in ("", "^{commit}"):
        asked = ("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}{suffix}")
        revision = _git(project, *asked).text.strip()
        if re.fullmatch("[0-9a-f]+", revision) is None:
            return None
    return revision


def _has_repository(project: Project, revision: str) -> None:
    answer = _git(project, "rev-parse", "--git-dir")
    if "dubious ownership" in answer.problem:
        raise NoBaseline(
            f"{revision} cannot be looked up, for git does not trust a repository of another user: "
            f"`git config --global --add safe.directory {project.directory}`, or the folder above "
            "that git names"
        )
    if not answer.found:
        why = answer.problem or "git does not say why"
        raise NoBaseline(
            f"{revision} is neither a file nor a revision, for there is no git repository ({why}): "
            f"name the path of a {LOCK_FILE}"
        )


def _next_step(project: Project) -> str:
    if _git(project, "rev-parse", "--is-shallow-repository").text.strip() == "true":
        return (
            "the clone is shallow, so fetch it (`git fetch --depth=1 origin main`, then compare "
            "with `FETCH_HEAD`), or clone with the whole history"
        )
    return f"name one, such as `main`, or the path of a {LOCK_FILE}"


def _outs(project: Project, commit: str) -> Iterator[str]:
    """The output folder as it is called now, and as it was called then, relative to the project."""
    now = os.path.relpath(project.out, project.directory).replace(os.sep, "/")
    yield now
    text = _git(project, "show", f"{commit}:./pyproject.toml").text
    try:
        then = tomllib.loads(text).get("tool", {}).get("fusiongen", {}).get("out")
    except (tomllib.TOMLDecodeError, AttributeError):
        return
    if isinstance(then, str) and (before := os.path.normpath(then).replace(os.sep, "/")) != now:
        yield before


class _Answer:
    """What git said, and whether it succeeded."""

    def __init__(self, finished: subprocess.CompletedProcess[bytes]) -> None:
        self.found = finished.returncode == 0
        self.text = finished.stdout.decode("utf-8", "replace")
        lines = finished.stderr.decode("utf-8", "replace").splitlines()
        self.problem = lines[0] if lines else ""


def _environment(project: Project) -> Mapping[str, str]:
    """The repository that the project's folder is in; if there is none, the one that is named."""
    found = {name: text for name, text in os.environ.items() if name not in _PLACES}
    above = (project.directory, *project.directory.parents)
    return found if any((folder / ".git").exists() for folder in above) else os.environ


def _git(project: Project, *arguments: str) -> _Answer:
    command = ["git", "-C", str(project.directory), *arguments]
    try:
        finished = subprocess.run(
            command, capture_output=True, check=False, timeout=_SECONDS, env=_environment(project)
        )
        return _Answer(finished)
    except FileNotFoundError:
        raise NoBaseline(
            f"git is not installed: name the path of a {LOCK_FILE} in place of a revision"
        ) from None
    except subprocess.TimeoutExpired:
        raise NoBaseline(
            f"git did not answer in {_SECONDS} s: name the path of a {LOCK_FILE}"
        ) from None
