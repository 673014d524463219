"""`fusiongen docs`, as a user runs it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from .console import EXAMPLE, fusiongen, shop


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The example, generated."""
    return shop(tmp_path)


def test_docs_writes_what_is_stale(project: Path) -> None:
    """Into a folder that need not be there; a second run has nothing to do."""
    done = fusiongen("docs", "--out", "public/reference", cwd=project)
    assert done.stdout.splitlines() == [
        "wrote public/reference/asyncapi.json",
        "wrote public/reference/services.md",
    ]
    assert fusiongen("docs", "--out", "public/reference", cwd=project).stdout == ""
    assert fusiongen("docs", "--check", "--out", "public/reference", cwd=project).returncode == 0


def test_check_tells_what_is_stale(project: Path) -> None:
    """Exit code 1 and the files, of which none is touched."""
    fusiongen("docs", "--out", "docs", cwd=project)
    contracts = project / "shop" / "contracts.py"
    contracts.write_text(contracts.read_text().replace("What is for sale.", "What there is."))
    before = (project / "docs" / "services.md").read_text()
    done = fusiongen("docs", "--check", "--out", "docs", cwd=project)
    assert done.returncode == 1
    assert done.stdout.splitlines() == [
        f"stale: docs/{name} is not what the contracts say; run `fusiongen docs`"
        for name in ("asyncapi.json", "services.md")
    ]
    assert (project / "docs" / "services.md").read_text() == before


def test_C4_wrong_contracts_write_nothing(project: Path) -> None:
    """The findings of `generate`, and no half-written folder."""
    contracts = project / "shop" / "contracts.py"
    contracts.write_text(contracts.read_text().replace("id: str) -> Decimal", "id: list[str])"))
    done = fusiongen("docs", "--out", "public", cwd=project)
    assert done.returncode == 1 and "FG" in done.stderr
    assert not (project / "public").exists()


@pytest.mark.parametrize("seed", ["0", "1"])
def test_C1_the_bytes_depend_on_the_contracts_alone(tmp_path: Path, seed: str) -> None:
    """Not on the hash seed, nor on the folder: those that are kept with the example come out."""
    copy = shop(tmp_path)
    out = tmp_path / "out"
    command = [sys.executable, "-m", "fusiongen", "docs", "--out", str(out)]
    environment = {**os.environ, "PYTHONHASHSEED": seed}
    subprocess.run(command, cwd=copy / "shop", env=environment, check=True)
    for path in sorted((EXAMPLE / "docs").iterdir()):
        assert (out / path.name).read_bytes() == path.read_bytes()
