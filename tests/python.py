"""Another Python: what its own tools say of code that was written to a folder."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

__all__ = ["ROOT", "RUNTIME", "passes", "python"]

ROOT = Path(__file__).resolve().parents[1]
RUNTIME = ROOT / "runtime"
_MYPY_CACHE = ROOT / ".mypy_cache" / "of_tests"
"""Where mypy finds what it knows of the runtime and of libraries; for other options than those of
this project, in another folder."""


@contextmanager
def _writing(cache: Path) -> Iterator[None]:
    """With what mypy knows to oneself: its database has one writer, and all workers share it."""
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def python(
    *command: str, cwd: Path, path: tuple[Path, ...], **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run this Python. path: where it, and mypy, look for modules."""
    places = os.pathsep.join(map(str, path))
    cache = _MYPY_CACHE / ("here" if cwd == ROOT else "elsewhere")
    with _writing(cache) if "mypy" in command else nullcontext():
        return subprocess.run(
            [sys.executable, *command],
            cwd=cwd,
            env={
                **(os.environ | {"MYPY_CACHE_DIR": str(cache)}),
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
