"""The form of a union on the wire does not depend on what a record in it is made of."""

from __future__ import annotations

import functools
import operator
import sys
import types
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec
import pytest

from fusionrt.errors import UnsupportedType
from fusionrt.values import faithful
from fusionrt.values.codecs import codec


@dataclass(frozen=True)
class Plain:
    """Its fields need no conversion."""

    id: str


@dataclass(frozen=True)
class Converted:
    """As `Plain`, with a field that travels as `[index, value]`."""

    id: str
    at: str | UUID = "here"


class Tree(msgspec.Struct, frozen=True):
    """A record within itself, in a union with another type."""

    at: str | UUID
    below: tuple[Tree | int, ...] = ()


@pytest.mark.parametrize("other", [int, str, list[int], None])
def test_C6_a_record_with_a_converted_field_stays_in_the_open(other: Any) -> None:
    """So a field more is no other form, and readers of either version take what the other one
    writes."""
    old, new = codec(Plain | other), codec(Converted | other)
    assert new.decode(old.encode(Plain("1"))) == Converted("1")
    assert old.decode(new.encode(Converted("1", UUID(int=1)))) == Plain("1")
    assert new.decode_json(new.encode_json(Converted("1"))) == Converted("1")


@pytest.mark.parametrize("value", [Converted("1", UUID(int=1)), Converted("1"), 7, None])
def test_C3_each_member_of_such_a_union_comes_back(value: object) -> None:
    """Also `None`, where it is one of them."""
    own = codec(Converted | int | None)
    assert own.decode(own.encode(value)) == value


def test_C3_what_is_no_member_of_such_a_union_is_refused() -> None:
    """When it is encoded, with what was declared."""
    for value in ("text", None):
        with pytest.raises(UnsupportedType, match=r"cannot travel where Converted \| int is"):
            codec(Converted | int).encode(value)


def test_C3_a_record_within_itself_comes_back_through_a_union() -> None:
    """At any depth."""
    tree = Tree("root", (Tree(UUID(int=1), (3, Tree("leaf"))), 4))
    assert codec(Tree).decode(codec(Tree).encode(tree)) == tree
    assert codec(Tree | int).decode(codec(Tree | int).encode(tree)) == tree


def test_C7_nodes_of_a_tree_are_looked_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of many classes holds any of them: the first call of a method waits for its codec."""
    looks = 0
    look = faithful._is_misread

    def counted(cls: type) -> bool:
        nonlocal looks
        looks += 1
        return look(cls)

    monkeypatch.setattr(faithful, "_is_misread", counted)
    names = [f"Node{n}" for n in range(20)]
    module = types.ModuleType("tree_of_nodes")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    for name in names:
        node: Any = type(name, (), {"__annotations__": {"id": int, "inner": "Node | None"}})
        node.__module__ = module.__name__
        setattr(module, name, dataclass(frozen=True)(node))
    nodes = [getattr(module, name) for name in names]
    module.__dict__["Node"] = functools.reduce(operator.or_, nodes)
    first, last = nodes[0], nodes[-1]
    tree = first(1, last(2, first(3, None)))
    assert codec(first).decode(codec(first).encode(tree)) == tree
    assert looks < 5 * len(nodes) ** 2
