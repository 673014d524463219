"""Another Python: what its own tools say of code that was written to a folder."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

__all__ = ["ROOT", "RUNTIME", "passes", "python"]

ROOT = Path(__file__).resolve().parents[1]
RUNTIME = ROOT / "runtime"
_WORKER = os.environ.get("PYTEST_XDIST_WORKER", "alone")
_MYPY_CACHE = {"MYPY_CACHE_DIR": str(ROOT / ".mypy_cache" / "of_tests" / _WORKER)}
"""Where mypy finds what it knows of the runtime and of libraries: for each worker its own, for its
database has one writer."""


def python(
    *command: str, cwd: Path, path: tuple[Path, ...], **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run this Python. path: where it, and mypy, look for modules."""
    places = os.pathsep.join(map(str, path))
    return subprocess.run(
        [sys.executable, *command],
        cwd=cwd,
        env={
            **(os.environ | _MYPY_CACHE),
            **{"PYTHONPATH": places, "MYPYPATH": places},
            **environment,
        },
        capture_output=True,
        text=True,
        check=False,
    )


def passes(*command: str, cwd: Path, path: tuple[Path, ...], **environment: str) -> None:
    """Run this Python; what it says is the failure."""
    finished = python(*command, cwd=cwd, path=path, **environment)
    assert finished.returncode == 0, finished.stdout + finished.stderr
