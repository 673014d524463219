"""The generated package that these tests use is the one that their contract means."""

from __future__ import annotations

from pathlib import Path

from fusiongen.emit import planned
from fusiongen.project import load


def test_the_generated_package_is_current() -> None:
    """If not: `fusiongen generate` in this folder."""
    files = planned(load(Path(__file__).parent))
    assert {path: path.read_text() for path in files} == dict(files)
