"""The tables of the README are those of the recorded results."""

from __future__ import annotations

from benchmarks.front import README, put


def test_the_tables_of_the_readme_are_made_from_the_results_that_are_kept() -> None:
    """No figure of them is written by hand: `make bench` does it."""
    text = README.read_text(encoding="utf-8")
    assert "| hit |" in text
    assert text == put(text)
