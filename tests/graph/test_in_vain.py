"""A body that invalidates what it read is told of once, and slowed down; nobody else is (G40)."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from typing import Any

import pytest

from fusionrt.contract import ComputeOptions
from fusionrt.graph import (
    Changes,
    ComputedState,
    Function,
    MutableState,
    computed,
    isolated,
    kind_of,
)
from fusionrt.testing import run
from tests.waiting import until

from .lab import TEST, Lab


class Vain:
    """A body that reads something and then, by `spoil`, invalidates that."""

    def __init__(self, lab: Lab, spoil: Callable[[Vain], Awaitable[None]]) -> None:
        self.runs = 0
        self.lab = lab
        self.state = MutableState(0)
        self.leaf = lab.leaf("leaf")
        self._spoil = spoil
        lab.data["a"] = 1

    async def __call__(self) -> int:
        self.runs += 1
        await self.leaf.fetch(("a",))
        await self.state.use()
        await self._spoil(self)
        return self.runs


async def invalidate(vain: Vain) -> None:
    """What it read."""
    vain.leaf.invalidate(("a",), TEST)


async def invalidate_isolated(vain: Vain) -> None:
    """What it read, in an isolated block."""
    with isolated():
        vain.leaf.invalidate(("a",), TEST)


async def invalidate_in_a_task(vain: Vain) -> None:
    """What it read, in a task that it waits for."""
    async with asyncio.TaskGroup() as group:
        group.create_task(invalidate(vain))


async def invalidate_all(vain: Vain) -> None:
    """Everything."""
    vain.lab.graph.invalidate_all()


async def set_state(vain: Vain) -> None:
    """A state that it uses."""
    vain.state.set(vain.state.value + 1)


SPOILS = [invalidate, invalidate_isolated, invalidate_in_a_task, invalidate_all, set_state]


async def changes(body: Vain) -> None:
    """Watched by `changes`."""
    async for _ in Changes(body.lab.function("f", body), ()):
        pass


async def changes_of_a_dependant(body: Vain) -> None:
    """Watched through a body that uses one that uses it."""
    inner = body.lab.function("f", body)
    middle = body.lab.function("middle", lambda: inner.fetch(()))
    async for _ in Changes(body.lab.function("outer", lambda: middle.fetch(())), ()):
        pass


async def kept_up_to_date(body: Vain) -> None:
    """As a `ComputedState`."""
    async with ComputedState(body):
        await asyncio.Event().wait()


async def waited_for(body: Vain) -> None:
    """By `when`."""
    await computed(body).when(lambda _: False)


async def consolidated(body: Vain) -> None:
    """Behind a consolidating method, which recomputes though nobody asks."""
    options = ComputeOptions(consolidate=0.0)
    function = kind_of(options)(body.lab.graph, "f", body, options=options)
    async for _ in Changes(function, ()):
        pass


WATCHES = [changes, changes_of_a_dependant, kept_up_to_date, waited_for, consolidated]


@pytest.mark.parametrize("spoil", SPOILS)
@pytest.mark.parametrize("watch", WATCHES)
async def test_G40_a_body_that_invalidates_what_it_read_is_told_once_and_slowed(
    watch: Callable[[Vain], Awaitable[None]],
    spoil: Callable[[Vain], Awaitable[None]],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """However it does that, and however it is watched."""
    caplog.set_level(logging.WARNING, "fusionrt")
    vain = Vain(Lab(), spoil)
    with suppress(TimeoutError):
        async with asyncio.timeout(0.5):
            await watch(vain)
    assert 1 <= vain.runs < 30
    told = [record for record in caplog.records if "invalidates what it read" in record.message]
    assert len(told) == 1


@pytest.mark.parametrize("watch", [changes, changes_of_a_dependant, kept_up_to_date])
async def test_G40_a_hot_writer_slows_nobody(
    watch: Callable[[Vain], Awaitable[None]], caplog: pytest.LogCaptureFixture
) -> None:
    """It writes in the midst of each body, which is no fault of that."""

    async def nothing(vain: Vain) -> None:
        await asyncio.sleep(0)
        await asyncio.sleep(0)

    vain = Vain(Lab(), nothing)

    async def write() -> None:
        while True:
            vain.leaf.invalidate(("a",), TEST)
            await asyncio.sleep(0)

    tasks = [asyncio.ensure_future(watch(vain)), asyncio.create_task(write())]
    await until(lambda: vain.runs > 300, within=5)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert not caplog.records


def test_G40_who_reads_what_a_body_invalidates_is_not_slowed_for_that() -> None:
    """Neither the watcher of what it invalidates, nor another body that reads it at the time."""
    run(read_what_a_body_invalidates(), seed=0)


async def read_what_a_body_invalidates() -> None:
    lab = Lab()
    vain = Vain(lab, invalidate)
    function: Function[Any] = lab.function("f", vain)
    seen = 0

    async def watch() -> None:
        nonlocal seen
        async for _ in Changes(vain.leaf, ("a",)):
            seen += 1

    watcher = asyncio.create_task(watch())
    await until(lambda: seen == 1)
    for count in range(2, 50):
        await function.fetch(())
        await until(partial(lambda count: seen >= count, count), within=0.5)
    watcher.cancel()


async def test_G40_a_body_that_invalidates_before_it_reads_is_cached() -> None:
    """It sees what is fresh."""
    lab = Lab()
    lab.data["a"] = 1
    leaf = lab.leaf("leaf")
    await leaf.fetch(("a",))

    async def body() -> int:
        leaf.invalidate(("a",), TEST)
        return int(await leaf.fetch(("a",)))

    called = lab.function("f", body)
    assert await called.fetch(()) == 1 and await called.fetch(()) == 1
    assert called.bodies == 1
