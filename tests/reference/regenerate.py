"""Writes what the tests of `fusiongen docs` expect anew: `python -m tests.reference.regenerate`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from fusiongen.project import Project, load
from fusiongen.reference.pages import write
from tests.golden.regenerate import project_of

__all__ = ["ODD", "ROOT", "expected"]

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent
ODD = Project(HERE, (HERE / "odd.py",), HERE / "generated", (ROOT,))


def expected() -> Mapping[str, tuple[Project, Path]]:
    """The projects whose pages are kept, and where: the example's beside it."""
    return {
        "cart": (load(ROOT / "examples" / "cart"), ROOT / "examples" / "cart" / "docs"),
        "odd": (ODD, HERE / "expected" / "odd"),
        **{
            case: (project_of(case), HERE / "expected" / case)
            for case in ("generics", "identity", "models", "options", "streams", "unions")
        },
    }


if __name__ == "__main__":
    for project, folder in expected().values():
        write(project, folder)
