"""Every law is found by one guess: the page names a file for it, and that file names the law."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.python import ROOT

PAGE = (ROOT / "docs" / "laws.md").read_text(encoding="utf-8")
TEXT, _, _REST = PAGE.partition("\n## Where each law is\n")
_WHERE, _, _LATER = _REST.partition("\n## Not built yet\n")

LAW = r"[GDOWC]\d+[a-z]?"
LAWS = re.findall(rf"^\| ({LAW}) \|", TEXT, re.M)
WHERE: list[tuple[str, str]] = re.findall(rf"^\| ({LAW}) \| `([^`]+)` \|$", _WHERE, re.M)
LATER = re.findall(rf"\b{LAW}\b", _LATER)


def _names(law: str, file: Path) -> bool:
    return re.search(rf"\b{law}\b", file.read_text(encoding="utf-8")) is not None


def _that_name(law: str) -> list[str]:
    sources = [*(ROOT / "runtime").rglob("*.py"), *(ROOT / "fusiongen").rglob("*.py")]
    return sorted(str(file.relative_to(ROOT)) for file in sources if _names(law, file))


def test_every_law_is_built_somewhere_or_said_to_be_built_later() -> None:
    """Each stands once, in the table or in the list below it, and nothing else does."""
    built = [law for law, _ in WHERE]
    assert sorted(built + LATER) == sorted(LAWS)


@pytest.mark.parametrize(("law", "file"), WHERE, ids=[law for law, _ in WHERE])
def test_the_file_of_a_law_names_it(law: str, file: str) -> None:
    """It is a file of the runtime or of the generator."""
    assert file.startswith(("runtime/fusionrt/", "runtime/js/", "fusiongen/"))
    path = ROOT / file
    assert path.is_file() and _names(law, path), f"these name {law}: {_that_name(law)}"
