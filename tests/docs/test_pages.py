"""What the pages mention is there: files, folders, links and their headings."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.python import ROOT

PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), ROOT / "benchmarks" / "README.md"]
PAGES += (ROOT / "examples").glob("*/README.md")
# Where a page names files of this repository by their whole path.
HOME = ("benchmarks", "docs", "fusiongen", "runtime", "schemas", "templates", "tests")
OURS = [ROOT / "docs" / name for name in ("architecture.md", "decisions.md", "laws.md")]
OURS += [ROOT / "CONTRIBUTING.md"]


def _prose(page: Path) -> str:
    """The text without its fenced blocks."""
    return re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.M | re.S)


def _anchors(page: Path) -> set[str]:
    """What can follow `#` in a link to the page."""
    headings = re.findall(r"^#+ (.*)$", _prose(page), re.M)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in headings}


def _broken(page: Path) -> Iterator[str]:
    for target in re.findall(r"\]\(([^)\s]+)\)", re.sub(r"`[^`\n]*`", "", _prose(page))):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        there = file.exists() and (not anchor or anchor in _anchors(file))
        if not there:
            yield target


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    """To a file or a folder, and to a heading in it."""
    assert list(_broken(page)) == []


@pytest.mark.parametrize("page", OURS, ids=lambda page: page.name)
def test_every_file_that_a_page_names_is_there(page: Path) -> None:
    """Wherever a path of this repository stands between backticks."""
    named = re.findall(rf"`((?:{'|'.join(HOME)})/[\w./-]*)`", _prose(page))
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_the_architecture_names_every_room() -> None:
    """Each folder of the runtime and of the generator has its line in a table."""
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    rows = "\n".join(line.split(" | ")[0] for line in page.splitlines() if line.startswith("| `"))
    folders = [
        f"{package}/{path.parent.name}/"
        for package in ("runtime/fusionrt", "fusiongen")
        for path in sorted((ROOT / package).glob("*/__init__.py"))
    ]
    assert len(folders) > 15
    assert [folder for folder in folders if f"`{folder}`" not in rows] == []
