"""The arrows of the house: an import goes only downwards."""

from __future__ import annotations

import ast
import itertools
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
RUNTIME = ROOT / "runtime" / "fusionrt"
TOOL = ROOT / "fusiongen"

# What each room of the runtime may import, beside itself.
BASE = {"contract", "errors", "native", "options", "primitives", "seldom"}
ROOMS: dict[str, set[str]] = {
    "annotations": set(),
    "contract": set(),
    "errors": set(),
    "native": set(),
    "options": {"errors"},
    "primitives": {"native"},
    "seldom": {"primitives"},
    "children": set(),
    "signals": set(),
    "identity": set(),
    "interceptors": {"primitives", "annotations"},
    "graph": BASE,
    "values": {*BASE, "annotations", "identity"},
    "wire": BASE,
    "table": {*BASE, "annotations"},
    "transport": {*BASE, "wire"},
    "rpc": {*BASE, "identity", "wire", "transport"},
    "shards": {*BASE, "values", "wire", "table", "transport"},
    "operations": {*BASE, "graph", "values", "wire", "table", "transport", "rpc"},
    "sql": {*BASE, "operations"},
    "services": {*BASE, "graph", "values", "table", "operations", "interceptors"},
    "remote": {
        *BASE,
        *("graph", "identity", "values", "wire", "table", "transport", "rpc"),
        *("cache", "operations", "services", "shards", "interceptors"),
    },
    "blocking": {*BASE, "graph", "remote"},
    "broker": {*BASE, "children"},
    "cache": BASE,
    "host": {
        *BASE,
        *(
            "blocking",
            "broker",
            "cache",
            "front",
            "graph",
            "identity",
            "wire",
            "transport",
            "rpc",
            "operations",
            "services",
            "remote",
            "shards",
            "table",
            "interceptors",
            "observing",
        ),
        "signals",
    },
    "front": {*BASE, "graph", "remote", "rpc"},
    "web": {
        *BASE,
        *("annotations", "graph"),
        *("front", "host", "identity", "interceptors", "operations", "remote", "rpc", "services"),
        *("applications", "signals", "table", "values", "wire"),
    },
    "abi": {*BASE, "blocking", "values", "table", "services", "remote"},
    "clock": {*BASE, "graph", "abi"},
    # Generated code asks `fusionrt` for the names that contracts have from there.
    "ext": {
        *BASE,
        *("graph", "identity", "rpc", "sql", "transport", "abi"),
        *("Principal", "Session", "KeyRefused"),
    },
    "observing": {*BASE, "graph", "interceptors", "operations", "rpc", "shards", "transport"},
    "otel": {*BASE, "graph", "interceptors", "host", "observing"},
    "testing": {
        *BASE,
        *("graph", "host", "operations", "remote", "services", "transport"),
        *("broker", "children"),
    },
    "applications": {*BASE, "annotations", "host"},
    "running": {*BASE, "applications", "host", "observing", "signals"},
    "__init__": {
        *BASE,
        *(
            "cache",
            "graph",
            "host",
            "identity",
            "interceptors",
            "observing",
            "operations",
            "remote",
        ),
        *("shards", "transport", "wire"),
    },
    "__main__": {*BASE, "host", "running"},
}


def files(folder: Path) -> Iterator[Path]:
    """Every source file below."""
    yield from sorted(folder.rglob("*.py"))


class _WithoutTypes(ast.NodeTransformer):
    def visit_If(self, node: ast.If) -> ast.AST | None:
        return None if ast.unparse(node.test) == "TYPE_CHECKING" else self.generic_visit(node)


def imported(path: Path, package: str) -> Iterator[tuple[int, str]]:
    """Line and absolute name of every import in a file but those for types only."""
    for node in ast.walk(_WithoutTypes().visit(ast.parse(path.read_text()))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package.split(".")[: len(package.split(".")) - node.level + 1]
            name = ".".join([*base, node.module] if node.module else base) if node.level else ""
            name = name or node.module or ""
            yield from ((node.lineno, f"{name}.{alias.name}") for alias in node.names)


def package_of(path: Path, root: Path) -> str:
    """The package that a module's relative imports start from."""
    return ".".join(path.parent.relative_to(root).parts)


@pytest.mark.parametrize("room", sorted(ROOMS))
def test_a_room_imports_only_what_lies_below_it(room: str) -> None:
    """Each room of the runtime knows the rooms that it may know, and no other."""
    place = RUNTIME / room if (RUNTIME / room).is_dir() else RUNTIME / f"{room}.py"
    found = []
    for path in files(place) if place.is_dir() else [place]:
        for line, name in imported(path, package_of(path, RUNTIME.parent)):
            parts = name.split(".")
            if parts[0] == "fusionrt" and parts[1] != room and parts[1] not in ROOMS[room]:
                found.append(f"{path.relative_to(ROOT)}:{line} imports {name}")
    assert not found


def test_every_room_is_named() -> None:
    """A new room finds its place in the list above."""
    rooms = {path.stem for path in RUNTIME.iterdir() if path.suffix == ".py" or path.is_dir()}
    assert rooms - {"__pycache__"} == set(ROOMS)


def test_the_runtime_never_imports_the_generator() -> None:
    """A deployed service needs nothing of the generator."""
    for path in files(RUNTIME):
        for line, name in imported(path, package_of(path, RUNTIME.parent)):
            assert not name.startswith("fusiongen"), f"{path}:{line}"


def test_the_wire_knows_no_loop_no_clock_and_no_broker() -> None:
    """The session protocol is sans-io: it must run in a simulation, and over a WebSocket."""
    for path in files(RUNTIME / "wire"):
        for line, name in imported(path, package_of(path, RUNTIME.parent)):
            assert name.partition(".")[0] not in {"asyncio", "time", "nats", "random"}, (
                f"{path}:{line} imports {name}"
            )


def test_only_the_primitives_read_the_clock_and_randomness() -> None:
    """What the simulation must replace comes from one module (transports and processes apart)."""
    for room in ("clock", "graph", "rpc", "operations", "services", "remote"):
        for path in files(RUNTIME / room):
            for line, name in imported(path, package_of(path, RUNTIME.parent)):
                assert name.partition(".")[0] not in {"time", "random", "uuid", "secrets"}, (
                    f"{path}:{line} imports {name}"
                )


def test_only_one_module_asks_for_annotations() -> None:
    """Python 3.14 evaluates them then, among names that may hide what they meant."""
    asks = re.compile(r"\binspect\.signature\(|\bget_annotations\(|\.__annotations__\b")
    for path in files(RUNTIME):
        if path != RUNTIME / "annotations.py":
            assert not asks.search(path.read_text()), path


def test_importing_the_runtime_imports_nothing_of_the_generator() -> None:
    """Neither libcst nor Jinja nor Typer nor pydantic nor attrs is loaded by a deployed service,
    and a type that needs none of them loads none."""
    script = (
        "import sys, fusionrt, fusionrt.abi, fusionrt.values.keys\n"
        "from fusionrt.values.codecs import codec\n"
        "codec(dict[str, list[int | None]]).encode({})\n"
        "unwanted = 'libcst jinja2 typer rich fusiongen pydantic attr attrs'.split()\n"
        "print([module for module in unwanted if module in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=True,
        cwd=RUNTIME.parent,
    )
    assert done.stdout.strip() == "[]"


# What each room of the generator may import of the generator, beside itself; each knows only rooms
# that stand before it. `contract` and `errors` are the model that all the others speak.
MODEL = {"contract", "errors"}
GENERATOR: dict[str, set[str]] = {
    "errors": set(),
    "contract": {"errors"},
    "resources": set(),
    "rules": {*MODEL},
    "reader": {*MODEL, "rules"},
    "render": {*MODEL, "resources"},
    "project": {*MODEL},
    "output": {*MODEL, "project", "reader", "render", "resources"},
    "show": {*MODEL, "output", "reader"},
    "bodies": {*MODEL, "project", "reader", "rules"},
    "compat": {*MODEL, "output", "project", "reader", "show"},
    "reference": {*MODEL, "compat", "output", "project", "show"},
    "javascript": {
        *MODEL,
        *("compat", "output", "project", "reader", "reference", "render", "resources", "show"),
    },
    "manual": {*MODEL, "compat", "output", "project", "resources", "rules", "show"},
    "permissions": {*MODEL, "output", "project"},
    "commands": {
        *MODEL,
        *("bodies", "compat", "javascript", "output", "project", "reader", "reference"),
        *("permissions", "render", "resources", "show"),
    },
    "migrations": {"errors"},
    "operations": {"errors"},
    "demo": {*MODEL, "commands", "output", "project", "resources"},
    "cli": {
        *MODEL,
        *("commands", "compat", "demo", "migrations", "operations", "output"),
        *("permissions", "project", "reference", "show"),
    },
    "pytest_plugin": set(),
    "__init__": set(),
    "__main__": {"cli", "errors"},
}


@pytest.mark.parametrize("room", sorted(GENERATOR))
def test_a_room_of_the_generator_knows_only_what_lies_below_it(room: str) -> None:
    """Reader, rules and renderer know the contract model, and not each other's neighbours."""
    place = TOOL / room if (TOOL / room).is_dir() else TOOL / f"{room}.py"
    for path in files(place) if place.is_dir() else [place]:
        for line, name in imported(path, package_of(path, ROOT)):
            parts = name.split(".")
            if parts[0] == "fusiongen" and parts[1] != room:
                assert parts[1] in GENERATOR[room], f"{path}:{line} imports {name}"


def test_every_room_of_the_generator_is_named() -> None:
    """A new room finds its place in the list above, below those that it may not know."""
    rooms = {path.stem for path in TOOL.iterdir() if path.suffix == ".py" or path.is_dir()}
    assert rooms - {"__pycache__"} == set(GENERATOR)
    order = list(GENERATOR)
    for place, (room, known) in enumerate(GENERATOR.items()):
        assert known <= set(order[:place]), f"{room} knows a room above it"


def _differ_only_in_an_ending(one: str, other: str) -> bool:
    pairs = zip(one, other, strict=False)
    common = len(list(itertools.takewhile(lambda pair: pair[0] == pair[1], pairs)))
    return common >= 4 and max(len(one), len(other)) - common <= 5


def test_no_two_files_of_the_generator_differ_only_in_an_ending() -> None:
    """Nobody has to remember whether it was `describe` or `description`, `start` or `starting`."""
    for folder in (TOOL, *(path for path in TOOL.iterdir() if path.is_dir())):
        names = sorted(path.stem for path in folder.glob("*.py"))
        for pair in itertools.combinations(names, 2):
            alike = _differ_only_in_an_ending(*pair)
            assert not alike, f"{folder.name}: {' and '.join(pair)}"
