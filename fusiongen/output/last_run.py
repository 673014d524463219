"""What the last run of `generate` or `check` found, kept in the user's cache folder.

If nothing that it depended on has changed since, there is nothing to read. The record is by
content, not by times; without it, or if it cannot be kept, everything works and takes longer.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import Diagnostic, Span
from ..project import Project
from ..resources import PACKAGE, folder
from .files import owned
from .leftovers import leftovers

if TYPE_CHECKING:
    from .plan import Plan

__all__ = ["Remembered", "recall", "remember"]


@dataclass(frozen=True, slots=True)
class Remembered:
    """What the last run made: its files, which are all as they should be, and its warnings."""

    files: tuple[Path, ...]
    warnings: tuple[Diagnostic, ...]


def recall(project: Project) -> Remembered | None:
    """What the last run made, if it would make the same now; else None."""
    try:
        record = json.loads(_place(project).read_text(encoding="utf-8"))
        current = (
            record["key"] == _key(project)
            and all(map(os.path.isfile, record["present"]))
            and not any(os.path.isfile(path) for path in record["absent"])
            and all(
                _digest(Path(path).read_bytes()) == digest
                for path, digest in record["files"].items()
            )
            and list(map(str, owned(project))) == record["generated"]
            and not leftovers(project)
        )
        if not current:
            return None
        return Remembered(
            tuple(map(Path, record["made"])), tuple(map(_diagnostic, record["warnings"]))
        )
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return None


def remember(project: Project, plan: Plan) -> None:
    """Keep what a plan was made from, once the project's files are what it says."""
    consulted = [each.consulted() for each in (plan.reading.sources, *plan.libraries)]
    package = project.out / "__init__.py"
    files = {path: _digest(text) for each in consulted for path, text in each.read.items()}
    files.update((path, _digest(text.encode())) for path, text in plan.files.items())
    if package not in files:
        files[package] = _digest(package.read_bytes())
    record = {
        "key": _key(project),
        "files": {str(path): digest for path, digest in files.items()},
        "present": sorted({str(path) for each in consulted for path in each.present}),
        "absent": sorted({str(path) for each in consulted for path in each.absent}),
        "generated": list(map(str, owned(project))),
        "made": list(map(str, plan.files)),
        "warnings": [asdict(each) for each in plan.reading.warnings],
    }
    place = _place(project)
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        temporary = place.with_suffix(f".{os.getpid()}.tmp")
        temporary.write_text(json.dumps(record), encoding="utf-8")
        os.replace(temporary, place)
        for left in place.parent.glob(f"{place.stem}.*.tmp"):  # of runs that were killed
            left.unlink(missing_ok=True)
    except OSError:
        return  # a home that cannot be written costs time, nothing else


def _place(project: Project) -> Path:
    home = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    name = hashlib.sha256(str(project.directory).encode()).hexdigest()[:32]
    return Path(home).expanduser() / "fusiongen" / f"{name}.json"


def _key(project: Project) -> str:
    """The generator's own text, its Python, and the configuration."""
    digest = hashlib.sha256(repr((sys.version, project)).encode())
    places = (PACKAGE, folder("templates"), folder("runtime/js"), project.templates)
    for place in places:
        for path in sorted(place.rglob("*")) if place else ():
            if path.suffix in (".py", ".j2", ".js", ".ts") and path.is_file():
                digest.update(path.read_bytes())
    return digest.hexdigest()


def _digest(content: bytes) -> str:
    """Line ends do not count: a checkout may have changed them."""
    return hashlib.sha256(content.replace(b"\r\n", b"\n")).hexdigest()


def _diagnostic(record: Mapping[str, Any]) -> Diagnostic:
    return Diagnostic(**{**record, "span": Span(**record["span"])})
