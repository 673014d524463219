"""Another Python: what its own tools say of code that was written to a folder."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

__all__ = ["ROOT", "RUNTIME", "passes", "python"]

ROOT = Path(__file__).resolve().parents[1]
RUNTIME = ROOT / "runtime"


def python(
    *command: str, cwd: Path, path: tuple[Path, ...], **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run this Python. path: where it, and mypy, look for modules."""
    places = os.pathsep.join(map(str, path))
    return subprocess.run(
        [sys.executable, *command],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": places, "MYPYPATH": places, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def passes(*command: str, cwd: Path, path: tuple[Path, ...], **environment: str) -> None:
    """Run this Python; what it says is the failure."""
    finished = python(*command, cwd=cwd, path=path, **environment)
    assert finished.returncode == 0, finished.stdout + finished.stderr
