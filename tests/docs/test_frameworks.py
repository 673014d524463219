"""What the page on frameworks shows is the example, which its own tests run."""

from __future__ import annotations

from tests.docs.test_tutorial import DOCS, blocks
from tests.python import ROOT


def test_the_page_shows_the_example_as_it_is() -> None:
    """Each of its blocks is a whole file."""
    shown = list(blocks(DOCS / "frameworks.md"))
    assert len(shown) == 4
    for block in shown:
        file = ROOT / "examples" / "frameworks" / block.info.removeprefix("file=")
        assert block.text == file.read_text(encoding="utf-8"), block.info
