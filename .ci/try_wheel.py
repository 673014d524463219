"""Build a wheel with the interpreter that runs this, and try it in an environment of its own.

    .ci/each-python all .ci/try_wheel.py

What cibuildwheel does for every platform (`[tool.cibuildwheel]` in pyproject.toml), for this one.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
DIST = ROOT / "dist"
TRY = """\
import sys
import fusionrt, fusionrt.abi, fusionrt.host, fusiongen
assert fusionrt.compiled == (sys.argv[1] == "compiled"), fusionrt.compiled
assert "site-packages" in fusionrt.__file__
"""
"""That all of it is there, and runs as it was built."""


def main() -> None:
    for pure in ("0", "1"):
        path = "pure" if pure == "1" else "compiled"
        with tempfile.TemporaryDirectory() as folder:
            wheel = _built(Path(folder), pure)
            _try(wheel, Path(folder) / "venv", path)
            DIST.mkdir(exist_ok=True)
            wheel.replace(DIST / wheel.name)
            print(f"{wheel.name}: {path}")


def _built(folder: Path, pure: str) -> Path:
    _run(
        *(sys.executable, "-m", "pip", "wheel", "--quiet", "--disable-pip-version-check"),
        *("--no-deps", "--no-build-isolation", "--wheel-dir", str(folder), str(ROOT)),
        FUSION_PURE=pure,
    )
    (wheel,) = folder.glob("*.whl")
    return wheel


def _try(wheel: Path, venv: Path, path: str) -> None:
    _run(sys.executable, "-m", "venv", str(venv))
    python = str(venv / "bin" / "python")
    install = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    _run(*install, "-c", str(ROOT / "constraints.txt"), str(wheel))
    _run(python, "-c", TRY, path)


def _run(*command: str, **environment: str) -> None:
    subprocess.run(command, check=True, cwd=ROOT.anchor, env=os.environ | environment)


main()
