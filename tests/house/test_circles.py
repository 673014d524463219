"""No circle of imports: whoever reads a module need not read those that read it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.house.test_arrows import ROOT, files, imported, package_of

ROOTS = {"fusionrt": ROOT / "runtime", "fusiongen": ROOT}
CORE = "fusionrt.graph._core"
"""One documented core, whose files may know each other."""


def module_of(path: Path, root: Path) -> str:
    """The dotted name of a file."""
    parts = path.relative_to(root).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports_of(package: str) -> dict[str, set[str]]:
    """Which modules each module imports, in functions as well, but not for types only."""
    root = ROOTS[package]
    paths = {module_of(path, root): path for path in files(root / package)}
    return {
        module: set(_modules(imported(path, package_of(path, root)), paths)) - {module}
        for module, path in paths.items()
    }


def _modules(imports: Iterator[tuple[int, str]], known: Mapping[str, object]) -> Iterator[str]:
    """`a.b.c` is the module `a.b.c`, or a name in `a.b`."""
    for _, name in imports:
        found = next((each for each in (name, name.rpartition(".")[0]) if each in known), None)
        if found is not None:
            yield found


def circles(graph: Mapping[str, set[str]]) -> list[list[str]]:
    """Every largest set of modules that reach each other (Tarjan)."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    found: list[list[str]] = []

    def visit(module: str) -> None:
        index[module] = low[module] = len(index)
        stack.append(module)
        for other in sorted(graph[module]):
            if other not in index:
                visit(other)
            if other in stack:
                low[module] = min(low[module], low[other])
        if low[module] == index[module]:
            circle = stack[stack.index(module) :]
            del stack[stack.index(module) :]
            if len(circle) > 1:
                found.append(sorted(circle))

    for module in graph:
        if module not in index:
            visit(module)
    return found


def told(circle: list[str], graph: Mapping[str, set[str]]) -> str:
    """The imports that make a circle, one a line."""
    lines = [f"  {m} imports {other}" for m in circle for other in sorted(graph[m] & set(circle))]
    return "\n".join([f"{len(circle)} modules need each other:", *lines])


@pytest.mark.parametrize("package", ROOTS)
def test_no_module_is_imported_by_what_it_imports(package: str) -> None:
    """Outside of the named core, imports have no circle, those within functions included: move
    what both sides need below them, or hand it over as a parameter. Generated code has one: what a
    command invalidates is said when it has run."""
    graph = imports_of(package)
    found = [each for each in circles(graph) if not all(map(_may_have_circles, each))]
    assert not found, "\n".join(told(circle, graph) for circle in found)


def _may_have_circles(module: str) -> bool:
    return module.startswith(f"{CORE}.") or ".generated." in module


def test_a_circle_is_found_and_told() -> None:
    """One of two, one of three that shares no module with it, and no chain."""
    graph = {
        "a": {"b"},
        "b": {"a", "c"},
        "c": {"d"},
        "d": {"e"},
        "e": {"c"},
        "f": {"a", "g"},
        "g": set[str](),
    }
    found = circles(graph)
    assert found == [["c", "d", "e"], ["a", "b"]]
    assert told(found[1], graph) == ("2 modules need each other:\n  a imports b\n  b imports a")


def test_imports_within_functions_are_seen_and_those_for_types_are_not(tmp_path: Path) -> None:
    """A package, a module of it, a name of a module: each is the module that runs."""
    (tmp_path / "shop").mkdir()
    source = (
        "from typing import TYPE_CHECKING\n"
        "if TYPE_CHECKING:\n    from .types import Cart\n"
        "from . import prices\n"
        "def put():\n    from .orders import place\n"
    )
    (tmp_path / "shop" / "carts.py").write_text(source)
    known = {f"shop.{name}": None for name in ("types", "prices", "orders", "carts")}
    found = imported(tmp_path / "shop" / "carts.py", "shop")
    assert set(_modules(found, known)) == {"shop.prices", "shop.orders"}
