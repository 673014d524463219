"""A contract's way through the generator goes forwards: read, check, render, write."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.house.test_arrows import TOOL

# The files of a room in the order in which a contract passes them.
STAGES: dict[str, tuple[tuple[str, ...], ...]] = {
    "reader": (
        # what is known without a project
        ("compiling", "exceptions", "ignores", "literals", "nodes", "shapes", "standard"),
        # a file, and where it lies
        ("scan",),
        ("parsing",),
        ("sources",),
        # what its names mean
        ("modules",),
        (
            "configuration",
            "diagnostics",
            "expressions",
            "parameters",
            "quotes",
            "shadows",
            "values",
        ),
        ("decorators", "misuse"),
        # types; and the contracts that it declares
        ("annotations", "declarations", "modes", "options", "raises"),
        ("bases", "heads", "signature"),
        ("inheritance", "methods"),
        ("services",),
        # the structures behind their types
        ("above", "enums", "members"),
        ("attributes",),
        ("made", "making"),
        ("equality",),
        ("classes",),
        ("structures",),
        # what commands invalidate, and all of it together
        ("paths",),
        ("invalidates",),
        ("contracts",),
    ),
    "render": (
        ("layout",),
        ("docs", "names"),
        ("templates", "types"),
        ("keys", "signatures"),
        ("methods", "table"),
        # a view for each file
        ("blocking", "client", "package", "proxy", "server"),
        ("files",),
        ("skeletons",),
    ),
    "output": (
        # what is there already
        ("leftovers", "outcome", "stamp", "unions"),
        ("files", "lock", "referenced", "spelled"),
        ("contents", "hiding"),
        # read, and render
        ("reading", "modules"),
        ("plan",),
        # write, compare, or remember
        ("drift", "last_run", "write"),
    ),
}


def _imported(path: Path) -> Iterator[str]:
    """The files of its own room that a file imports, in functions and for types as well."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.level == 1 and node.module:
            yield node.module.partition(".")[0]


@pytest.mark.parametrize("room", sorted(STAGES))
def test_a_stage_knows_only_stages_before_it(room: str) -> None:
    """Each file of a room imports only what a contract has passed before, for types as well."""
    passed: set[str] = set()
    for stage in STAGES[room]:
        for name in stage:
            later = set(_imported(TOOL / room / f"{name}.py")) - passed
            assert not later, (
                f"{room}/{name}.py imports what comes later: {', '.join(sorted(later))}"
            )
        passed.update(stage)


@pytest.mark.parametrize("room", sorted(STAGES))
def test_every_file_has_its_stage(room: str) -> None:
    """A new file finds its place in the list above."""
    found = {path.stem for path in (TOOL / room).glob("*.py")} - {"__init__"}
    named = [name for stage in STAGES[room] for name in stage]
    assert found == set(named)
    assert len(named) == len(set(named))


def test_only_the_names_of_modules_know_files() -> None:
    """Whoever reads a contract asks what names mean; the files are parsed below that, each once."""
    for path in (TOOL / "reader").glob("*.py"):
        known = {"parsing", "scan", "sources"} & set(_imported(path))
        assert not known or path.stem in {"contracts", "modules", "parsing", "sources"}, path
