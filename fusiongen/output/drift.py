"""Whether the generated files are what the contracts say (C5)."""

from __future__ import annotations

import difflib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from ..project import LOCK_FILE, Project
from ..render.files import ABI
from .files import orphans, text_of
from .lock import lock_is_intact
from .plan import plan
from .stamp import State, abi_of, state_of

__all__ = ["Finding", "FindingKind", "check", "compare"]


class FindingKind(Enum):
    """What is wrong with a generated file."""

    STALE = "stale"
    HAND_EDITED = "hand-edited"
    ORPHANED = "orphaned"
    OLD_ABI = "old-abi"


_SENTENCES: Mapping[FindingKind, str] = {
    FindingKind.STALE: "is not what its contract says; run `fusiongen generate`",
    FindingKind.HAND_EDITED: (
        "was edited by hand; change the contract instead, then run `fusiongen generate`"
    ),
    FindingKind.ORPHANED: "has no contract any more; `fusiongen generate` deletes it",
    FindingKind.OLD_ABI: (
        "was generated for another version of the runtime; run `fusiongen generate`"
    ),
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One file that is not as it should be.

    path: relative to the project, with `/`.
    diff: from what is there to what should be, as a unified diff.
    """

    kind: FindingKind
    path: str
    diff: str

    @property
    def message(self) -> str:
        """The finding as a sentence."""
        return f"{self.path} {_SENTENCES[self.kind]}"


def check(project: Project) -> list[Finding]:
    """Compare the files with the contracts; changes nothing.

    Raises:
        GenerationError: the contracts themselves are wrong.
    """
    return compare(project, plan(project).files)


def compare(project: Project, files: Mapping[Path, str]) -> list[Finding]:
    """Compare the files that are there with those that should be."""
    findings = [
        _finding(project, path, text_of(path) if path.is_file() else None, text)
        for path, text in files.items()
        if not path.is_file() or text_of(path) != text
    ]
    findings.extend(
        _finding(project, path, text_of(path), None) for path in orphans(project, files)
    )
    return sorted(findings, key=lambda finding: finding.path)


def _finding(project: Project, path: Path, found: str | None, wanted: str | None) -> Finding:
    shown = Path(os.path.relpath(path, project.directory)).as_posix()
    lines = difflib.unified_diff(
        (found or "").splitlines(keepends=True),
        (wanted or "").splitlines(keepends=True),
        f"a/{shown}" if found is not None else "/dev/null",
        f"b/{shown}" if wanted is not None else "/dev/null",
    )
    return Finding(_kind(path, found, wanted), shown, "".join(lines))


def _kind(path: Path, found: str | None, wanted: str | None) -> FindingKind:
    if wanted is None:
        return FindingKind.ORPHANED
    if not found:
        return FindingKind.STALE
    intact = lock_is_intact(found) if path.name == LOCK_FILE else state_of(found) is State.INTACT
    if not intact:
        return FindingKind.HAND_EDITED
    if abi_of(found) not in (None, ABI):
        return FindingKind.OLD_ABI
    return FindingKind.STALE
