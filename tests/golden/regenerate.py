"""Writes what the goldens expect anew: `python -m tests.golden.regenerate`. Look at the diff."""

from __future__ import annotations

from pathlib import Path

from fusiongen.output.write import generate
from fusiongen.project import Project

HERE = Path(__file__).resolve().parent


def cases() -> list[str]:
    """The names of all cases: every folder that holds a contract."""
    return sorted(path.parent.name for path in HERE.glob("*/contract.py"))


def project_of(case: str, out: Path | None = None) -> Project:
    """The project of one case. Its modules are named from the repository's root."""
    folder = HERE / case
    return Project(
        directory=folder,
        contracts=tuple(sorted(folder.glob("contract*.py"))),
        out=out or folder / "expected",
        roots=(HERE.parent.parent,),
        blocking=case == "blocking",
    )


if __name__ == "__main__":
    for case in cases():
        generate(project_of(case))
