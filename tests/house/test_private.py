"""Private means private: what has an underscore is touched where it is made, and nowhere else."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from .test_arrows import ROOMS

RUNTIME = Path(__file__).parents[2] / "runtime" / "fusionrt"

CORE = RUNTIME / "graph" / "_core"
"""The one room whose files stand as one; see its docstring."""

OURS = {
    "_fusion": "what a generated service or client is bound to; part of the ABI",
    "_fusion_raw": "the class of the bodies that users wrote; part of the ABI",
    "_contract": "of an accessor: set when the generated proxy is imported; part of the ABI",
}
FOREIGN = {
    "_replace": "of a named tuple; it is public there",
    "_getframe": "of sys",
    "_get_running_loop": "of asyncio",
    "_current_tasks": "of asyncio",
    "_args": "of a handle of asyncio",
    "_callback": "of a handle of asyncio",
    "_run": "of a handle of asyncio, which the loop of the tests runs",
    "_log_traceback": "of a task of asyncio",
    "_reading_task": "of the client of NATS",
    "_send_unsubscribe": "of the client of NATS",
    "_id": "of a subscription of NATS",
    "_stop_processing": "of a subscription of NATS",
    "_cb": "of a subscription of NATS",
    "_io_reader": "of the client of NATS",
    "_nc": "of a JetStream context of NATS: its client",
}
"""Names of other packages that are touched knowingly, outside of the graph's core."""

A_HANDLE = "loop.py", "_run"
"""What is no `Computed._run`, though its room knows the graph: a handle of asyncio."""


def made_in(tree: ast.AST) -> Iterator[str]:
    """The names that the classes and functions of a file make: methods, attributes, slots."""
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                yield name
            case ast.Attribute(attr=name, ctx=ast.Store(), value=ast.Name(id="self" | "cls")):
                yield name
            case ast.ClassDef(body=body):
                for each in body:
                    yield from declared(each)


def declared(statement: ast.stmt) -> Iterator[str]:
    """The names that a statement of a class body declares."""
    match statement:
        case ast.AnnAssign(target=ast.Name(id=name)):
            yield name
        case ast.Assign(targets=[ast.Name(id="__slots__")], value=slots):
            value = ast.literal_eval(slots)
            yield from (value,) if isinstance(value, str) else value
        case ast.Assign(targets=[ast.Name(id=name)]):
            yield name


def touched(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Line and name of every private attribute of something else than `self` or `cls`."""
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(value=ast.Name(id="self" | "cls")):
                continue
            case ast.Attribute(attr=name) if name.startswith("_") and not name.endswith("__"):
                yield node.lineno, name


@cache
def parsed(folder: Path) -> dict[Path, ast.AST]:
    """Every source file below, by its path."""
    return {path: ast.parse(path.read_text()) for path in sorted(folder.rglob("*.py"))}


def slots_touched() -> Iterator[str]:
    """Where a room that knows computeds touches what looks like a slot of one."""
    computed = ast.parse((CORE / "computed.py").read_text())
    slots = {name for name in made_in(computed) if name.startswith("_") and not name.endswith("__")}
    for path, tree in parsed(RUNTIME).items():
        room = path.relative_to(RUNTIME).parts[0].removesuffix(".py")
        if (room == "graph" or "graph" in ROOMS[room]) and not path.is_relative_to(CORE):
            for line, name in touched(tree):
                if name in slots and (path.name, name) != A_HANDLE:
                    yield f"{path.relative_to(RUNTIME)}:{line} touches {name}"


def reaches(folder: Path) -> Iterator[str]:
    """Where a file touches a private name that is made elsewhere."""
    core = {made for tree in parsed(CORE).values() for made in made_in(tree)}
    for path, tree in parsed(folder).items():
        own = core if path.is_relative_to(CORE) else set(made_in(tree))
        for line, name in touched(tree):
            if name not in own and name not in OURS and name not in FOREIGN:
                yield f"{path.relative_to(folder)}:{line} touches {name}"


def test_private_means_private() -> None:
    """A private name is touched in the file that makes it; in the core, in the core."""
    assert not list(reaches(RUNTIME))


def test_no_room_touches_a_slot_of_a_computed() -> None:
    """Not even under a name that the file uses for something of its own."""
    assert not list(slots_touched())


def test_a_reach_into_the_core_is_found(tmp_path: Path) -> None:
    """The search above finds one: in a function, in a chain, and where it is assigned."""
    source = "def f(c):\n    c._state = c.graph._ended\n    return g(c)._value, c.__class__\n"
    (tmp_path / "stranger.py").write_text(source)
    assert sorted(reaches(tmp_path)) == [
        "stranger.py:2 touches _ended",
        "stranger.py:2 touches _state",
        "stranger.py:3 touches _value",
    ]


def test_every_exception_is_needed() -> None:
    """A name that nobody reaches for any more leaves the list."""
    reached = {
        name
        for tree in parsed(RUNTIME).values()
        for name in {name for _, name in touched(tree)} - set(made_in(tree))
    }
    assert not (OURS | FOREIGN).keys() - reached
