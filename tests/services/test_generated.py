"""The generated package that these tests use is the one that their contract means."""

from __future__ import annotations

from pathlib import Path

from fusiongen.output.drift import check
from fusiongen.project import load


def test_the_generated_package_is_current() -> None:
    """If not: `fusiongen generate` in this folder."""
    assert [finding.message for finding in check(load(Path(__file__).parent))] == []
