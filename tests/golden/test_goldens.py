"""Contracts and the exact code that is made of them."""

from __future__ import annotations

import asyncio
import importlib
from pathlib import Path

import pytest
from fusionrt.values.codecs import arguments_codec, codec

from fusiongen.output.drift import check
from fusiongen.output.stamp import LEAVE_ALONE
from tests.python import ROOT, RUNTIME, passes

from .regenerate import HERE, cases, project_of

RUFF_WIDTHS = (88, 100)

_WRITE = """\
import sys
from pathlib import Path
from fusiongen.output.plan import plan
from tests.golden.regenerate import cases, project_of

for case in cases():
    project = project_of(case)
    for path, text in plan(project).files.items():
        target = Path(sys.argv[1]) / case / path.relative_to(project.out)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, newline="\\n")
"""


def _run(*command: str, cwd: Path = ROOT, **environment: str) -> None:
    passes(*command, cwd=cwd, path=(ROOT, RUNTIME), **environment)


def _files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.suffix in (".py", ".json")
    }


def test_there_are_enough_cases() -> None:
    """The goldens cover at least a dozen contracts."""
    assert len(cases()) >= 12


@pytest.mark.parametrize("case", cases())
def test_C5_a_golden_is_current(case: str) -> None:
    """`check` finds nothing in any golden; if it does: `python -m tests.golden.regenerate`."""
    assert [finding.diff for finding in check(project_of(case))] == []


@pytest.mark.parametrize("seed", ["0", "1"])
def test_C1_the_bytes_do_not_depend_on_the_hash_seed(seed: str, tmp_path: Path) -> None:
    """Under every hash seed, and from any working directory, the same bytes are generated."""
    _run("-c", _WRITE, str(tmp_path), cwd=tmp_path, PYTHONHASHSEED=seed)
    for case in cases():
        expected = _files(HERE / case / "expected")
        assert _files(tmp_path / case) == expected, case


def test_C3_no_linter_finds_anything() -> None:
    """`ruff check` is clean on contracts, generated code and implementations."""
    _run("-m", "ruff", "check", "--no-cache", "tests/golden")


@pytest.mark.parametrize("width", RUFF_WIDTHS)
def test_C1_no_formatter_would_change_it(width: int, tmp_path: Path) -> None:
    """Even if it did not ask to be left alone: at a formatter's default width and at ours."""
    for case in cases():
        for path in sorted((HERE / case / "expected").rglob("*.py")):
            copy = tmp_path / path.relative_to(HERE)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_text(path.read_text().replace(LEAVE_ALONE, "#"))
    config = f"line-length={width}"
    _run("-m", "ruff", "format", "--no-cache", "--check", "--config", config, str(tmp_path))


@pytest.mark.parametrize("case", cases())
def test_C3_a_golden_imports_and_runs(case: str) -> None:
    """A service made from the golden caches, tracks and invalidates as its contract says."""
    implementation = importlib.import_module(f"tests.golden.{case}.impl")
    asyncio.run(implementation.main())


@pytest.mark.parametrize("case", cases())
def test_C3_every_declared_type_has_a_codec(case: str) -> None:
    """Whatever the generator accepts can be encoded: arguments, results, items of streams."""
    for package in sorted((HERE / case / "expected").glob("*/proxy.py")):
        name = f"tests.golden.{case}.expected.{package.parent.name}.proxy"
        for signature in importlib.import_module(name).CONTRACT.resolved.signatures.values():
            arguments_codec(signature.parameters)
            codec(signature.result)
