"""The generated package that the simulation serves is the one that its contracts mean."""

from __future__ import annotations

from pathlib import Path

from fusiongen.output.drift import check
from fusiongen.project import load


def test_the_generated_package_is_current() -> None:
    """If not: `fusiongen generate` in this folder."""
    assert [finding.message for finding in check(load(Path(__file__).parent))] == []
