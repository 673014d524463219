"""What type checkers say of generated code, and of code that uses it.

Users have mypy, or pyright (which is also what VS Code shows), or pyrefly, or ty. Each is run once
over everything; `[tool.…]` in pyproject.toml says over what, and how strictly.
"""

from __future__ import annotations

import re
import sys
from functools import cache
from pathlib import Path

import pytest

from tests.python import ROOT, RUNTIME, python

from .regenerate import HERE

MYPY = ("mypy", "--strict", "--explicit-package-bases")
# Node.js is that of the wheel; no newer version is looked for in the net.
QUIET = {"PYRIGHT_PYTHON_GLOBAL_NODE": "0", "PYRIGHT_PYTHON_IGNORE_WARNINGS": "1"}

NOTES = ("--enable-error-code=deprecated", "--report-deprecated-as-note")
WHOLE = {
    "mypy": (*MYPY, *NOTES, "tests/golden"),
    "pyright": ("pyright", "--pythonpath", sys.executable),
    "pyrefly": ("pyrefly", "check", "--python-interpreter-path", sys.executable),
    "ty": ("ty", "check"),
}
FRESH = {**WHOLE, "mypy": (*MYPY, "."), "ty": ("ty", "check", "--python", sys.prefix)}
DEPRECATED = HERE / "deprecated"
TOLD = {
    "mypy": WHOLE["mypy"],
    "pyright": WHOLE["pyright"],
    "ty": ("ty", "check", "--warn=deprecated", "--output-format=concise", str(DEPRECATED)),
}


@cache
def run(command: tuple[str, ...], folder: Path = ROOT) -> tuple[int, str]:
    """The exit code of a checker, and what it said."""
    done = python("-m", *command, cwd=folder, path=(ROOT, RUNTIME), **QUIET)
    return done.returncode, done.stdout + done.stderr


@pytest.mark.timeout(240)
@pytest.mark.parametrize("checker", WHOLE)
def test_C3_every_golden_passes_every_type_checker(checker: str) -> None:
    """Contracts, generated code, implementations and callers; beyond mypy, the example too."""
    code, said = run(WHOLE[checker])
    assert code == 0, said


@pytest.mark.parametrize("checker", TOLD)
def test_C3_a_deprecated_method_is_reported_where_it_is_called(checker: str) -> None:
    """The lines that say so, and none of generated code."""
    callers = DEPRECATED / "callers.py"
    wanted = [
        ("callers.py", number)
        for number, line in enumerate(callers.read_text().splitlines(), 1)
        if "# deprecated" in line
    ]
    said = run(TOLD[checker])[1]
    found = re.findall(r"/deprecated/(callers\.py|expected/\S+\.py):(\d+)", said)
    assert [(file, int(number)) for file, number in found] == wanted and wanted, said


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new project, as `fusiongen init` makes it, with its generated code."""
    folder = tmp_path_factory.mktemp("fresh")
    for command in (("init", "."), ("generate",)):
        assert run(("fusiongen", *command), folder)[0] == 0
    return folder


@pytest.mark.parametrize("checker", FRESH)
def test_C3_a_fresh_project_passes_every_type_checker(checker: str, fresh: Path) -> None:
    """Each as it is if nobody configures it."""
    code, said = run(FRESH[checker], fresh)
    assert code == 0, said
