"""The search tells histories that can have happened from those that cannot."""

from __future__ import annotations

import itertools
import math
import random

import pytest

from .linearizability import Operation, explain, is_linearizable


def wrote(value: int, begun: float, ended: float = math.inf, who: str = "a") -> Operation:
    return Operation(who, True, value, begun, ended)


def read(value: int, begun: float, ended: float, who: str = "b") -> Operation:
    return Operation(who, False, value, begun, ended)


@pytest.mark.parametrize(
    "history",
    [
        [],
        [read(0, 0, 1)],
        [wrote(1, 0, 1), read(1, 2, 3)],
        [wrote(1, 0, 3), read(0, 1, 2)],
        [wrote(1, 0, 3), read(1, 1, 2)],
        [wrote(1, 0, 5), wrote(2, 0, 5), read(2, 1, 2), read(1, 3, 4)],
        [wrote(1, 0), read(0, 1, 2)],
        [wrote(1, 0), read(0, 1, 2), read(1, 3, 4)],
        [wrote(1, 0, 1), wrote(2, 0.5, 2), read(1, 3, 4)],
    ],
    ids=str,
)
def test_what_can_have_happened(history: list[Operation]) -> None:
    """There is an order in which every read gives what was written last."""
    assert is_linearizable(history, 0)


@pytest.mark.parametrize(
    "history",
    [
        [read(1, 0, 1)],
        [wrote(1, 0, 1), read(0, 2, 3)],
        [wrote(1, 2, 3), read(1, 0, 1)],
        [wrote(1, 0, 1), wrote(2, 2, 3), read(1, 4, 5)],
        [wrote(1, 0, 9), read(1, 1, 2), read(0, 3, 4)],
        [wrote(1, 0), read(1, 1, 2), read(0, 3, 4)],
        [wrote(1, 0, 9), wrote(2, 0, 9), read(1, 1, 2), read(2, 3, 4), read(1, 5, 6)],
    ],
    ids=str,
)
def test_what_cannot_have_happened(history: list[Operation]) -> None:
    """In every order some read gives something else."""
    assert not is_linearizable(history, 0)


def test_it_agrees_with_trying_every_order() -> None:
    """On small histories at random, about half of which are possible."""
    source = random.Random(1)
    seen = set()
    for _ in range(400):
        writes = [wrote(n, b := source.random(), b + source.random()) for n in (1, 2, 3)]
        reads = [
            read(source.randint(0, 3), b := 2 * source.random(), b + source.random() / 2)
            for _ in range(3)
        ]
        history = [*writes, *reads]
        seen.add(expected := any(map(possible, itertools.permutations(history))))
        assert is_linearizable(history, 0) is expected, history
    assert seen == {True, False}


def possible(order: tuple[Operation, ...]) -> bool:
    """Whether this order gives what was read, and nothing comes before what had ended."""
    value = 0
    for place, each in enumerate(order):
        if any(later.ended < each.begun for later in order[place + 1 :]):
            return False
        if each.writes:
            value = each.value
        elif each.value != value:
            return False
    return True


def test_what_is_told_of_a_failure_is_its_core() -> None:
    """What has nothing to do with it is left out."""
    history = [wrote(1, 0, 1), read(1, 1.5, 2), wrote(2, 2, 3), wrote(3, 4, 5), read(2, 6, 7)]
    assert explain(history, 0) == [wrote(2, 2, 3), wrote(3, 4, 5), read(2, 6, 7)]
