"""The hot table: as a dict, whatever its keys are and do."""

from __future__ import annotations

import gc
import random
import tracemalloc
import weakref
from collections.abc import Callable
from typing import Any

import pytest

import fusionrt
from fusionrt.graph import HotTable, new_hot_table
from fusionrt.graph._core.hit import Hit
from tests.sizes import size


class Text(str):
    """No plain text, though equal to one."""

    __slots__ = ()


KEYS: tuple[Any, ...] = (
    *range(-3, 40),
    *(True, 1.0, -1.0, -2.0, None, 2.5),
    *(2**30 - 1, 2**30, -(2**30), 2**61 - 1, 2**61, 2**62 - 2, -(2**61)),
    *("", "a", "b", "ab", "é", "€", "a" * 99, Text("a"), Text("é")),
    *((), (1,), (1.0,), ("a", 1), frozenset((1, "a"))),
    *(n * 2**40 for n in range(1, 20)),
)
"""Many are equal to another one, or have its hash, and are of another kind."""


def hit(value: object = None) -> Hit:
    """One of no computed."""
    nothing: Any = None
    return Hit(value, nothing, None, {}, None)


def copied(key: Any) -> Any:
    """An equal object that is not the same one, where there can be one."""
    if type(key) is str:
        return "".join(list(key))
    if type(key) is int:
        return int(str(key))
    return key


@pytest.mark.parametrize("seed", range(size(10, 300)))
def test_it_is_as_a_dict(seed: int) -> None:
    """Under anything that is done to it."""
    chance = random.Random(seed)
    table, wanted = new_hot_table(), dict[Any, Hit]()
    keys = chance.sample(KEYS, chance.choice((3, 20, len(KEYS))))
    for _ in range(500):
        key = copied(chance.choice(keys))
        assert (key in table) == (key in wanted)
        assert key not in wanted or table[key] is wanted[key]
        doing = chance.random()
        if doing < 0.5:
            table[key] = wanted[key] = wanted[key] if doing < 0.1 and key in wanted else hit()
        elif doing < 0.99 and key in wanted:
            del table[key], wanted[key]
        elif doing >= 0.99:
            table.clear()
            wanted.clear()
        assert len(table) == len(wanted)
    assert len(list(table)) == len(wanted)
    assert set(table) == set(wanted)


@pytest.mark.parametrize(
    "change", [lambda table, key: table[key], lambda table, key: table.__delitem__(key)]
)
def test_what_is_not_there_is_told(change: Callable[[HotTable, object], object]) -> None:
    """By its key, as a dict tells it."""
    table = new_hot_table()
    with pytest.raises(KeyError) as told:
        change(table, (1, 2))
    assert told.value.args == ((1, 2),)


class Colliding:
    """A key that has one hash with all others, and does something when it is compared."""

    def __init__(self, name: str, compared: Callable[[], object] = lambda: None) -> None:
        self.name = name
        self.compared = compared

    def __hash__(self) -> int:
        return 7

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Colliding):
            return False
        self.compared()
        other.compared()
        return self.name == other.name


def fill(table: HotTable, count: int) -> None:
    """With hits of numbers."""
    for number in range(count):
        table[number] = hit()


CHANGES: dict[str, tuple[Callable[[HotTable], object], bool]] = {
    "removed": (lambda table: table.__delitem__(Colliding("b")), False),
    "added": (lambda table: fill(table, 99), True),
    "emptied": (lambda table: table.clear(), False),
}


@pytest.mark.parametrize("change", CHANGES)
def test_comparing_may_change_the_table(change: str) -> None:
    """It is looked again: what is found is there."""
    does, stays = CHANGES[change]
    table, changed = new_hot_table(), list[object]()
    for key in (7, *map(Colliding, "abc")):
        table[key] = hit()

    def compared() -> None:
        if not changed:
            changed.append(None)
            changed.append(does(table))

    assert (Colliding("b", compared) in table) is stays
    assert len(changed) == 2
    assert (Colliding("b") in table) is stays


def test_comparing_may_fail() -> None:
    """That is told, and nothing is changed."""

    def fail() -> None:
        raise ZeroDivisionError

    table, kept = new_hot_table(), hit()
    table[Colliding("a")] = kept
    failing = Colliding("a", fail)
    with pytest.raises(ZeroDivisionError):
        table[failing]
    with pytest.raises(ZeroDivisionError):
        table[failing] = hit()
    with pytest.raises(ZeroDivisionError):
        del table[failing]
    assert table[Colliding("a")] is kept


def test_what_has_no_hash_is_no_key() -> None:
    """As in a dict."""
    table = new_hot_table()
    with pytest.raises(TypeError, match="unhashable"):
        table[[]] = hit()
    with pytest.raises(TypeError, match="unhashable"):
        [] in table  # noqa: B015
    assert len(table) == 0


@pytest.mark.skipif(not fusionrt.compiled, reason="a dict takes anything")
def test_it_holds_hits_each_once() -> None:
    """They are chained: one in two chains would join them."""
    table, once = new_hot_table(), hit()
    table["a"] = once
    for other, key in ((table, "b"), (new_hot_table(), "a")):
        with pytest.raises(ValueError, match="one hot table"):
            other[key] = once
        assert key not in other or other is table
    anything: Any = object()
    with pytest.raises(TypeError):
        table["c"] = anything
    del table["a"]
    table["b"] = once
    assert list(table) == ["b"]


def test_its_room_goes_with_its_hits() -> None:
    """It grows and shrinks."""
    table, count = new_hot_table(), 20_000
    gc.collect()
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    fill(table, count)
    assert list(table)[:1] and len(table) == count
    for number in range(count):
        del table[number]
    gc.collect()
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert fusionrt.compiled is (after - before < 4_000)  # a dict keeps its room


class Ending:
    """Looks at the table when it ends."""

    def __init__(self, look: Callable[[], object]) -> None:
        self.look = look

    def __del__(self) -> None:
        self.look()


def test_what_ends_with_a_hit_may_change_the_table() -> None:
    """It is whole by then."""
    table, found = new_hot_table(), list[object]()

    def look() -> None:
        found.append(sorted(map(str, table)))
        table["new"] = hit()

    table["a"] = hit(Ending(look))
    table["b"] = hit()
    table["a"] = hit()
    assert found == [["b"]] or found == [["a", "b"]]
    table["c"] = hit(Ending(look))
    del table["c"]
    assert found[1] == ["a", "b", "new"]
    table["d"] = hit(Ending(look))
    table.clear()
    assert found[2] == []
    assert list(table) == ["new"]


def test_one_that_refers_to_itself_is_collected() -> None:
    """By its values and by its keys."""

    class Node:
        table: HotTable

    node, other = Node(), Node()
    node.table = other.table = table = new_hot_table()
    table["self"] = hit(node)
    table[other] = hit()
    gone = [weakref.ref(node), weakref.ref(other)]
    del node, other, table
    gc.collect()
    assert [each() for each in gone] == [None, None]
