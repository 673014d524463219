"""The state machines: each table is whole, drawn in its docstring, and wholly used."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from enum import Enum
from typing import Any, cast

import pytest

from fusionrt.wire.frames import Acknowledged, Kind, Resync, Resynced
from fusionrt.wire.states import CALL, CLIENT, ENTRY, HOST, ClientState, HostState, Machine

from .session_pair import Pair, plain
from .session_world import Faults, World

Arrow = tuple[str, str, str]
TABLES: dict[str, Mapping[Any, Mapping[Any, Any]]] = {
    "a client's session": CLIENT,
    "a host's session": HOST,
    "a call of a client": CALL,
    "a call on its host": ENTRY,
}
WORLDS = 60


def arrows(table: Mapping[Any, Mapping[Any, Any]]) -> set[Arrow]:
    """All transitions of a table: from, input, to."""
    return {(a.name, input, b.name) for a, ways in table.items() for input, b in ways.items()}


def drawn(states: type[Enum]) -> Iterator[Arrow]:
    """The transitions in the diagram of a docstring; `A, B ──x──▶ C` are two."""
    for line in (states.__doc__ or "").splitlines():
        begin, *steps = re.split(r" ──(\w+)──▶ ", line.strip())
        sources = begin.split(", ")
        for input, target in zip(steps[::2], steps[1::2], strict=True):
            yield from ((source, input, target) for source in sources)
            sources = [target]


@pytest.mark.parametrize("name", TABLES)
def test_the_diagram_is_the_table(name: str) -> None:
    """Every arrow that is drawn is in the table, and every one of the table is drawn, once."""
    table = TABLES[name]
    told = list(drawn(type(next(iter(table)))))
    assert set(told) == arrows(table)
    assert len(told) == len(set(told))


@pytest.mark.parametrize("name", TABLES)
def test_every_state_has_a_row_a_way_in_and_a_way_to_the_end(name: str) -> None:
    """No state is forgotten; the first one leads to each, and each but the last to the end."""
    table = TABLES[name]
    kind: type[Enum] = type(next(iter(table)))
    first, *_, last = states = list(kind)
    assert list(table) == states
    assert table[last] == {}
    assert reached(table, first) == set(states)
    assert all(last in reached(table, state) for state in states)


def reached(table: Mapping[Any, Mapping[Any, Any]], state: Enum) -> set[Enum]:
    """The states to which some inputs lead, itself included."""
    seen, todo = {state}, [state]
    while todo:
        new = set(table[todo.pop()].values()) - seen
        seen |= new
        todo += new
    return seen


def test_an_input_out_of_turn_is_a_fault() -> None:
    """What the table does not name is not passed over in silence, and changes nothing."""
    machine: Machine[Any, Any] = Machine(CLIENT, ClientState.HELLO)
    with pytest.raises(KeyError, match="resynced"):
        machine.feed("resynced")
    assert machine.state is ClientState.HELLO


class Watched(dict[Any, Any]):
    """A row of a table that notes which of its inputs came."""

    def __init__(self, state: Enum, ways: Mapping[Any, Any], came: set[Arrow]) -> None:
        super().__init__(ways)
        self._state = state
        self._came = came

    def __getitem__(self, input: Any) -> Any:
        target = super().__getitem__(input)
        self._came.add((self._state.name, input, target.name))
        return target


def resyncing() -> tuple[Pair, int]:
    """A session that asked its host to compare notes, and the number of its question."""
    pair = Pair()
    pair.client.gap(pair.now)
    (resync,) = (f for e in pair.from_client() for f in e.frames if isinstance(f, Resync))
    return pair, resync.number


def half_an_answer() -> Pair:
    """A session whose host has not told all that makes up for what was lost."""
    pair, number = resyncing()
    pair.say(2, Resynced(number, (), False))
    assert pair.client.state is ClientState.ANSWERED
    return pair


def a_gap_in_an_answer() -> None:
    """It is asked for anew."""
    half_an_answer().client.gap(100.0)


def an_end_before_a_welcome() -> None:
    """Its client leaves, or the only host has no room."""
    Pair(open=False).client.bye()


def an_end_in_an_answer() -> None:
    """The session is over whatever was to come."""
    half_an_answer().client.bye()


def an_answer_to_what_was_asked_before_a_gap() -> None:
    """It makes up for nothing that was lost after the question."""
    pair = Pair()
    pair.say(2, Acknowledged(1, False, (), True), Resynced(1, (), True))
    assert pair.client.state is ClientState.RESYNCING


def a_host_that_drains() -> None:
    """Its farewell may be said again; then it closes."""
    pair = Pair()
    pair.host.farewell()
    pair.host.farewell()
    pair.host.close("it is drained")
    assert pair.host.state is HostState.CLOSED


def an_invalidation_before_the_result() -> None:
    """A running call is stale already."""
    pair = Pair()
    id = pair.client.call(plain(Kind.COMPUTE))
    pair.to_host()
    pair.host.invalidated(id, "the price changed")


def worlds() -> None:
    """The common ways."""
    for seed in range(WORLDS):
        World(seed, Faults()).run()


WAYS = (
    worlds,
    a_gap_in_an_answer,
    an_end_before_a_welcome,
    an_end_in_an_answer,
    an_answer_to_what_was_asked_before_a_gap,
    a_host_that_drains,
    an_invalidation_before_the_result,
)


def test_nothing_in_a_table_is_dead(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every transition happens: in a bad network, or in one of the rare ways."""
    came: dict[str, set[Arrow]] = {name: set() for name in TABLES}
    for name, table in TABLES.items():
        for state, ways in list(table.items()):
            monkeypatch.setitem(cast(Any, table), state, Watched(state, ways, came[name]))
    for way in WAYS:
        way()
    assert came == {name: arrows(table) for name, table in TABLES.items()}
