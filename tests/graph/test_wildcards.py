"""G36: a wildcard hits exactly what matches, at the cost of what it hits."""

from __future__ import annotations

import asyncio
from collections.abc import Hashable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fusionrt import ANY
from fusionrt.graph import Computed, Function
from fusionrt.graph._core.wildcards import Index
from fusionrt.testing import run

from .lab import TEST, Gate, Lab, settled

NAN = float("nan")


async def pair(a: Any, b: Any) -> tuple[Any, Any]:
    """Something to cache by two arguments."""
    return a, b


def told_apart(_: int, argument: Any) -> Hashable:
    """Names an argument by its type as well, as a key under `int | bool | float` does."""
    return type(argument), argument


def alive(function: Function[Any]) -> set[tuple[Any, ...]]:
    """The arguments of what is cached."""
    return {computed._arguments for computed in function.all()}


@given(
    calls=st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(0, 1))),
    patterns=st.lists(
        st.tuples(*[st.one_of(st.just(ANY), st.integers(0, width)) for width in (3, 3, 1)])
    ),
)
@settings(deadline=None)
def test_G36_a_wildcard_hits_exactly_what_matches(
    calls: list[tuple[int, int, int]], patterns: list[tuple[Any, ...]]
) -> None:
    """Whatever was called and invalidated before: what matches goes, all else stays."""

    async def body(*arguments: int) -> int:
        return sum(arguments)

    async def main() -> None:
        function = Lab().function("f", body)
        there = set()
        for index in range(max(len(calls), len(patterns))):
            for call in calls[index : index + 1]:
                await function.fetch(call)
                there.add(call)
            for pattern in patterns[index : index + 1]:
                function.invalidate(pattern, TEST)
                there = {
                    call
                    for call in there
                    if any(g is not ANY and g != c for g, c in zip(pattern, call, strict=True))
                }
                assert alive(function) == there

    run(main(), seed=0)


async def test_G36_only_the_first_of_a_kind_looks_at_every_result(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """From then on as many are looked at as are hit."""
    function = Lab().function("f", pair)
    looked_at: list[tuple[Any, ...]] = []
    named = Index.named

    def noted(index: Index, arguments: tuple[Any, ...]) -> Hashable:
        looked_at.append(arguments)
        return named(index, arguments)

    monkeypatch.setattr(Index, "named", noted)
    for a in range(100):
        for b in range(3):
            await function.fetch((a, b))
    assert not looked_at, "a method that no wildcard named pays nothing"
    function.invalidate((5, ANY), TEST)
    assert len(looked_at) >= 300
    looked_at.clear()
    function.invalidate((6, ANY), TEST)
    assert len(looked_at) == 1 + 3
    assert len(alive(function)) == 294


async def test_G32_G36_a_wildcard_tells_apart_what_keys_tell_apart() -> None:
    """`True` is not `1` under a declared type that allows both; nan is itself."""
    lab = Lab()
    function = Function(
        lab.graph,
        "f",
        pair,
        key=lambda arguments: tuple(map(told_apart, (0, 1), arguments)),
        part=told_apart,
    )
    for first in (1, True, NAN):
        await function.fetch((first, "x"))
    function.invalidate((1, ANY), TEST)
    assert {type(first) for first, _ in alive(function)} == {bool, float}
    function.invalidate((NAN, ANY), TEST)
    assert {type(first) for first, _ in alive(function)} == {bool}


async def test_G5_G36_a_wildcard_flags_what_is_being_computed() -> None:
    """Its result is stale when it comes."""
    gate = Gate()

    async def body(a: int, b: int) -> int:
        await gate()
        return a + b

    function = Lab().function("f", body)
    call = asyncio.ensure_future(function.fetch((1, 2)))
    await settled()
    function.invalidate((1, ANY), TEST)
    gate.open()
    assert await call == 3
    assert function.peek((1, 2)) is None


async def test_G34_G36_a_wildcard_hits_what_is_held_but_not_kept() -> None:
    """What was let go is hit while somebody holds it, and forgotten after that."""
    lab = Lab(max_computeds=10)
    function = lab.function("f", pair)
    held: list[Computed[Any]] = [await function.computed((0, b)) for b in range(3)]
    for a in range(1, 50):
        await function.fetch((a, 0))
    assert not any(computed._key in function.table for computed in held)
    function.invalidate((0, ANY), TEST)
    assert not any(computed.is_consistent for computed in held)
    for a in range(1, 50):
        function.invalidate((a, ANY), TEST)
    assert not function.table
    assert not any(index._buckets for index in function.indexes.values())
