"""`docs/scale.md` says what was measured."""

from __future__ import annotations

from benchmarks.scale.report import PAGE, page
from benchmarks.scale.results import all_points


def test_the_page_is_made_from_the_results_that_are_kept() -> None:
    """No figure of it is written by hand: `make bench-scale` does it."""
    assert PAGE.read_text(encoding="utf-8") == page(list(all_points()))
