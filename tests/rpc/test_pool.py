"""Bodies share tasks: which do, in which order they begin, and what is seen meanwhile."""

from __future__ import annotations

import asyncio
import contextvars
import time
from collections.abc import AsyncIterator
from itertools import pairwise

import pytest

from fusionrt.primitives import now
from fusionrt.rpc import Failed
from fusionrt.rpc.host import pool
from fusionrt.rpc.host.contexts import Contexts, variables
from fusionrt.testing import run
from tests.waiting import until

from .pool_world import MANY, PoolWorld, busy, pool_world, texts

VAR: contextvars.ContextVar[object] = contextvars.ContextVar("VAR")
WITH_DEFAULT: contextvars.ContextVar[object] = contextvars.ContextVar("WITH_DEFAULT", default=None)


class Odd:
    """Equal to nothing, and says so with a bang."""

    def __eq__(self, other: object) -> bool:
        raise AssertionError("nobody asked")

    __hash__ = object.__hash__


@pytest.fixture
async def world() -> AsyncIterator[PoolWorld]:
    """Without a broker; nothing is left at the end."""
    async with pool_world() as made:
        yield made


async def test_bodies_that_do_not_wait_share_a_task(world: PoolWorld) -> None:
    """One task for a frame; each body finds it as its own."""
    assert await world.calls(*texts()) == texts()
    assert None not in world.lab.tasks
    assert len(set(world.lab.tasks)) <= 2
    assert world.lab.began == texts()


async def test_bodies_that_wait_have_a_task_each(world: PoolWorld) -> None:
    """All of them wait at the same time; they began in the order in which their calls came."""
    gate = asyncio.Event()

    async def wait() -> str:
        await gate.wait()
        return "waited"

    world.lab.ways = dict.fromkeys(texts(), wait)
    calls = asyncio.ensure_future(world.calls(*texts()))
    await until(lambda: len(world.lab.began) == world.running() == MANY)
    assert world.lab.began == texts()
    assert len(set(world.lab.tasks)) == MANY and None not in world.lab.tasks
    gate.set()
    assert await calls == ["waited"] * MANY


@pytest.mark.parametrize("every", [1, 2, 3, 64])
async def test_bodies_that_wait_once_and_others_come_mixed(world: PoolWorld, every: int) -> None:
    """Whatever the mixture: each call gets its own answer, and they begin in order."""

    async def once() -> str:
        text = world.lab.began[-1]
        await asyncio.sleep(0)
        return text

    world.lab.ways = {text: once for text in texts(200)[::every]}
    for _ in range(3):
        world.lab.began.clear()
        assert await world.calls(*texts(200)) == texts(200)
        assert world.lab.began == texts(200)


@pytest.mark.parametrize("var", [VAR, WITH_DEFAULT])
@pytest.mark.parametrize("value", [1, None, Odd()], ids=["a number", "None", "an odd one"])
async def test_no_context_variable_reaches_the_next_body(
    world: PoolWorld, var: contextvars.ContextVar[object], value: object
) -> None:
    """Whether a body waits or not, and whatever it sets."""
    seen: list[object] = []

    async def leave() -> str:
        seen.append(var.get(None))
        var.set(value)
        return "left"

    async def leave_and_wait() -> str:
        await leave()
        await asyncio.sleep(0)
        return "left"

    world.lab.ways = dict.fromkeys(texts(), leave) | dict.fromkeys(texts()[::5], leave_and_wait)
    assert await world.calls(*texts()) == ["left"] * MANY
    assert seen == [None] * MANY


async def test_no_equal_value_reaches_the_next_body() -> None:
    """A list of its own, though it is as empty as the one before, is another one."""
    VAR.set([])
    contexts = Contexts(contextvars.copy_context())
    assert contexts.fresh().run(contexts.is_clean)

    def change() -> bool:
        token = VAR.set([])
        dirty = not contexts.is_clean()
        VAR.reset(token)
        return dirty and contexts.is_clean()

    assert contexts.fresh().run(change)


async def test_a_variable_that_was_set_is_seen_at_a_look() -> None:
    """Even to what equals it; what only reads variables, or copies them, changes nothing."""
    VAR.set(one := [1])
    before = variables()
    VAR.get()
    contextvars.copy_context().run(VAR.set, [2])
    assert variables() is before
    VAR.set([1])
    after = variables()
    assert after is not before
    VAR.set(one)
    assert variables() is not after


async def test_a_variable_that_was_set_back_costs_no_task() -> None:
    """Set to what it is without that, or deleted again: the next body sees nothing of it."""
    contexts = Contexts(contextvars.Context())

    def change() -> None:
        VAR.reset(VAR.set(1))
        assert contexts.is_clean()
        WITH_DEFAULT.set(1)
        assert not contexts.is_clean()
        WITH_DEFAULT.set(None)
        assert contexts.is_clean()

    contexts.fresh().run(change)
    assert contexts.fresh().run(contexts.is_clean)
    assert contextvars.Context().run(contexts.is_clean)


async def test_commands_of_one_frame_share_a_task(world: PoolWorld) -> None:
    """The scope of a command ends with it."""
    done = await asyncio.gather(*(world.client.put(text, 1) for text in texts()))
    assert done == [1] * MANY
    assert len(set(world.lab.tasks)) <= 3


async def test_D27_bodies_that_block_let_others_be_heard(world: PoolWorld) -> None:
    """Between a few of them the loop turns: what ticks there is late by no more than a slice, or by
    twice of what is not theirs, if that takes longer.
    """
    each = pool.SLICE / 4
    ticks: list[tuple[float, float]] = []

    async def block() -> str:
        busy(each)
        return "blocked"

    async def tick() -> None:
        while True:
            ticks.append((time.perf_counter(), len(world.lab.began) * each))
            await asyncio.sleep(0)

    world.lab.ways = dict.fromkeys(texts(), block)
    ticking = asyncio.ensure_future(tick())
    assert await world.calls(*texts()) == ["blocked"] * MANY
    ticking.cancel()
    turns = [(end - start, after - before) for (start, before), (end, after) in pairwise(ticks)]
    for (before, earlier), (took, bodies) in pairwise(turns):
        others = before - earlier + took - bodies
        assert bodies <= max(pool.SLICE, others) + each


class Hands:
    """A clock that goes on by what the test does, however busy the machine is."""

    def __init__(self) -> None:
        self.at = 1.0

    def __call__(self) -> float:
        return self.at

    def on(self, seconds: float) -> None:
        """So much is done."""
        self.at += seconds


async def test_D27_what_was_let_in_has_half_of_a_busy_loop(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """However long the loop is busy with other things in each turn, bodies are given as long."""
    each, hands, turns = pool.SLICE / 4, Hands(), []
    monkeypatch.setattr(asyncio.get_running_loop(), "fusion_clock", hands, raising=False)

    async def block() -> str:
        hands.on(each)
        return "blocked"

    async def tick() -> None:
        while True:
            hands.on(20 * pool.SLICE)
            turns.append(len(made.lab.began))
            await asyncio.sleep(0)

    async with pool_world() as made:
        made.lab.ways = dict.fromkeys(texts(), block)
        ticking = asyncio.ensure_future(tick())
        assert await made.calls(*texts()) == ["blocked"] * MANY
        ticking.cancel()
    assert len(set(turns)) < MANY * each / (2 * pool.SLICE)


async def test_D13_a_call_whose_time_is_up_in_the_middle_of_a_frame_does_not_run(
    world: PoolWorld,
) -> None:
    """Those before it are answered, it and those after it are told; none of these begins."""

    async def block() -> str:
        busy(0.02)
        return "blocked"

    world.lab.ways = dict.fromkeys(texts(), block)
    data = [b"\x91" + bytes([0xA0 + len(text)]) + text.encode() for text in texts()]
    outcomes = await world.raw(*data, due=now() + 0.3)
    failed = [isinstance(outcome, Failed) for outcome in outcomes]
    assert 1 <= failed.index(True) <= 16
    assert failed == sorted(failed)
    assert {outcome.failure.code for outcome in outcomes if isinstance(outcome, Failed)} <= {
        "timeout",
        "overloaded",
    }
    await until(lambda: not world.running())
    assert failed.index(True) <= len(world.lab.began) <= failed.index(True) + 1


async def test_D22_a_body_that_just_began_to_wait_is_seen(world: PoolWorld) -> None:
    """Whoever asks what runs learns of it at once, not in the next turn of the loop."""
    seen: list[int] = []

    async def wait() -> str:
        asyncio.get_running_loop().call_soon(lambda: seen.append(world.running()))
        await asyncio.sleep(0)
        return "waited"

    world.lab.ways = {"a": wait}
    assert await world.calls("a") == ["waited"]
    assert seen == [1]


async def test_a_call_that_comes_while_the_only_other_one_waits_is_answered(
    world: PoolWorld,
) -> None:
    """By a task of its own, however the other one came to wait."""
    gate = asyncio.Event()

    async def wait() -> str:
        await gate.wait()
        return "waited"

    world.lab.ways = {"a": wait, "c": wait}
    first = asyncio.ensure_future(world.calls("a"))
    await until(lambda: world.lab.began == ["a"])
    assert await world.calls("b") == ["b"]
    second = asyncio.ensure_future(world.calls("c"))
    await until(lambda: world.lab.began == ["a", "b", "c"])
    assert await world.calls("d", "e") == ["d", "e"]
    assert world.running() == 2
    gate.set()
    assert (await first, await second) == (["waited"], ["waited"])
    assert len(set(world.lab.tasks)) >= 3


@pytest.mark.parametrize("seed", range(20))
def test_D17_a_call_that_is_given_up_before_its_body_began_is_over(seed: int) -> None:
    """Its body was to have a task of its own, which had no step yet: no line of it can tell that it
    has ended.
    """

    async def once() -> None:
        async with pool_world() as world:
            gate = asyncio.Event()

            async def wait() -> str:
                await gate.wait()
                return "waited"

            world.lab.ways = dict.fromkeys(texts(), wait)
            known = asyncio.ensure_future(world.calls(*texts()))
            await until(lambda: world.running() == MANY)
            gate.set()
            await known
            gate.clear()
            for turns in range(20):
                asked = asyncio.ensure_future(world.client.echo("text 0"))
                for _ in range(turns):
                    await asyncio.sleep(0)
                asked.cancel()
                await asyncio.wait([asked])
                await until(lambda: not world.left())

    run(once(), seed=seed)
