"""The pages that list rules."""

from __future__ import annotations

from pathlib import Path

from fusiongen.manual.pages import pages

DOCS = Path(__file__).resolve().parents[2] / "docs"


def test_the_pages_are_current() -> None:
    """`docs/` holds what the rules say; if not: `python -m fusiongen.manual.pages`."""
    for name, text in pages().items():
        assert (DOCS / name).read_text(encoding="utf-8") == text
