"""`apply`: whatever a key is, every mark is told and no result stays stale."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Protocol

import pytest

from fusionrt.errors import ArgumentError
from fusionrt.graph import Computed, Function, Graph, Origin
from fusionrt.operations import apply
from fusionrt.operations.operation import Key, Operation
from fusionrt.table import ABI, Compute, Contract, Types


class Lab(Protocol):
    """What the keys are of."""

    async def get(self, key: object) -> object: ...


LAB = Contract(ABI, "lab", Lab, lambda: Types({}), (Compute("get", ("key",)),))


class Odd:
    """An argument of a user's class, in which a special method raises."""

    def __init__(self, special: str) -> None:
        self.special = special

    def __repr__(self) -> str:
        return self._is("repr")

    def __hash__(self) -> int:
        return len(self._is("hash"))

    def __eq__(self, other: object) -> bool:
        return self._is("eq") == "equal"

    def _is(self, special: str) -> str:
        if special == self.special:
            raise RuntimeError(f"{special} fails")
        return "odd"


class Target:
    """A service instance with one compute method, `get`."""

    def __init__(self, graph: Graph) -> None:
        async def get(key: object) -> object:
            return key

        self.get: Function[Any] = Function(graph, "lab.get", get)
        self.fails = False

    def mark(self, method: str, arguments: tuple[Any, ...], origin: Origin) -> list[Computed[Any]]:
        if method != "get" or len(arguments) != 1:
            raise ArgumentError(method, "no such key")
        return self.get.mark(arguments, origin)

    def mark_all(self, origin: Origin) -> list[Computed[Any]]:
        if self.fails:
            raise RuntimeError("cannot")
        return self.get.mark_all(origin)


WRONG = [
    ("nothing", ()),
    ("get", ()),
    ("get", ([],)),
    ("get", (Odd("hash"),)),
]


@pytest.mark.parametrize("wrong", WRONG, ids=str)
async def test_O14_a_key_that_names_nothing_is_the_whole_service(wrong: tuple[str, Any]) -> None:
    """A method, an argument list or an argument that is none here: every result is invalidated."""
    graph = Graph()
    target = Target(graph)
    told = [0]
    for key in ("a", "b", "c"):
        computed = await target.get.computed((key,))
        computed.on_invalidated(lambda _: told.__setitem__(0, told[0] + 1))
    keys = [Key(LAB, "get", ("a",), target), Key(LAB, *wrong, target)]
    apply(Operation("1", "lab.put", keys), graph)
    assert told == [3]


@pytest.mark.parametrize("special", ["repr", "eq", "none"])
async def test_G37_a_key_is_applied_though_its_argument_cannot_be_shown(special: str) -> None:
    """`__repr__` is asked for the text of the origin only, which holds a placeholder then."""
    graph = Graph()
    target = Target(graph)
    odd = Odd(special)
    computeds = [await target.get.computed((key,)) for key in (odd, "b")]
    keys = [Key(LAB, "get", (key,), target) for key in (odd, "b")]
    apply(Operation("1", "lab.put", keys), graph)
    assert [computed.is_consistent for computed in computeds] == [False, False]
    if special == "repr":
        placeholder = "lab.put invalidated lab.get(<Odd without a text>)"
        assert str(computeds[0].origin) == placeholder


async def test_G37_a_key_is_applied_though_its_types_are_not_there() -> None:
    """What is secret in its arguments is asked of the types; without them nothing is shown."""

    def gone() -> Types:
        raise NameError("name 'Cart' is not defined")

    graph = Graph()
    target = Target(graph)
    computed = await target.get.computed(("a",))
    contract = replace(LAB, types=gone)
    apply(Operation("1", "lab.put", [Key(contract, "get", ("a",), target)]), graph)
    assert not computed.is_consistent
    assert str(computed.origin) == "lab.put invalidated <Key without a text>"


async def test_G14_marks_are_told_though_another_target_cannot_be_marked_at_all(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """What fails beyond help is reported; everything before and after it is told."""
    graph = Graph()
    good, bad = Target(graph), Target(graph)
    bad.fails = True
    computeds = [await good.get.computed((key,)) for key in ("a", "b")]
    targets = (("a", good), ("x", bad), ("b", good))
    keys = [Key(LAB, "get" if target is good else None, (key,), target) for key, target in targets]
    told: list[object] = []
    for computed in computeds:
        computed.on_invalidated(told.append)
    apply(Operation("1", "lab.put", keys), graph)
    assert told == computeds
    assert "its results may be stale" in caplog.text
