"""The seeded virtual-time loop."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest

from fusionrt.primitives import clock, new_id, now, spawn, utc_now
from fusionrt.testing import BEGINNING, Deadlock, LeakedTasks, SeededLoop, run


async def interleaving(tasks: int = 4, steps: int = 3) -> str:
    """The order in which a few tasks take their steps."""
    order: list[str] = []

    async def walk(name: str) -> None:
        for _ in range(steps):
            order.append(name)
            await asyncio.sleep(0)

    async with asyncio.TaskGroup() as group:
        for number in range(tasks):
            group.create_task(walk(chr(ord("a") + number)))
    return "".join(order)


def test_a_seed_replays_its_schedule() -> None:
    """The same seed gives the same schedule, and the same ids, every time."""

    async def main() -> tuple[str, str]:
        return await interleaving(), new_id()

    assert [run(main(), seed=seed) for seed in range(50)] == [
        run(main(), seed=seed) for seed in range(50)
    ]


def test_seeds_differ() -> None:
    """Two tasks of two steps are interleaved in every way that there is."""
    schedules = {run(interleaving(tasks=2, steps=2), seed=seed) for seed in range(200)}
    assert schedules == {"aabb", "abab", "abba", "baab", "baba", "bbaa"}


def test_drawing_random_numbers_leaves_the_schedule_alone() -> None:
    """What the program draws does not change what is scheduled."""

    async def drawing() -> str:
        new_id()
        return await interleaving()

    assert run(drawing(), seed=7) == run(interleaving(), seed=7)


def test_time_jumps() -> None:
    """A day passes at once, timers fire in their order, and the clock is exact when they do."""
    fired: list[float] = []

    async def main() -> float:
        loop = asyncio.get_running_loop()
        for delay in (3.0, 1.0, 2.0):
            loop.call_later(delay, lambda: fired.append(now()))
        await asyncio.sleep(86_400)
        return clock()()

    start = time.monotonic()
    assert run(main(), seed=1) == 86_400
    assert time.monotonic() - start < 5
    assert fired == [1.0, 2.0, 3.0]


def test_the_wall_clock_is_virtual_too() -> None:
    """Every universe begins at the same date; any other loop has the machine's."""

    async def main() -> list[datetime]:
        begun = utc_now()
        await asyncio.sleep(90_000.000_001)
        return [begun, utc_now()]

    assert run(main(), seed=1) == [BEGINNING, BEGINNING + timedelta(seconds=90_000, microseconds=1)]

    async def outside() -> datetime:
        return utc_now()

    before = datetime.now(UTC)
    assert before <= asyncio.run(outside()) <= datetime.now(UTC)


def test_time_stands_still_while_anything_can_run() -> None:
    """A timer does not fire while a task can go on."""

    async def main() -> float:
        asyncio.get_running_loop().call_later(0.001, lambda: None)
        for _ in range(1000):
            await asyncio.sleep(0)
        return now()

    assert run(main(), seed=1) == 0.0


def test_a_timeout_works() -> None:
    """`asyncio.timeout` ends a wait at its time."""

    async def main() -> float:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(2.5):
                await asyncio.Event().wait()
        return now()

    assert run(main(), seed=1) == 2.5


def test_a_cancelled_timer_passes_no_time() -> None:
    """Time does not jump to a timer that was cancelled."""

    async def main() -> float:
        asyncio.get_running_loop().call_later(5, lambda: None).cancel()
        await asyncio.sleep(1)
        return now()

    assert run(main(), seed=1) == 1.0


@pytest.mark.parametrize("seed", range(20))
def test_callbacks_keep_their_order(seed: int) -> None:
    """Callbacks run in the order in which they were registered, as asyncio documents."""
    order: list[int] = []

    def note(number: int, _: asyncio.Future[None]) -> None:
        order.append(number)

    async def main() -> None:
        loop = asyncio.get_running_loop()
        future: asyncio.Future[None] = loop.create_future()
        for number in range(5):
            loop.call_soon(order.append, number)
        for number in range(5, 10):
            future.add_done_callback(partial(note, number))
        future.set_result(None)
        await asyncio.sleep(1)

    run(main(), seed=seed)
    assert order == list(range(10))


def test_a_deadlock_is_found_and_explained() -> None:
    """When nothing can run any more, the error says which task waits where."""

    async def waits_forever() -> None:
        await asyncio.Event().wait()

    async def main() -> None:
        await asyncio.create_task(waits_forever(), name="the stuck one")

    with pytest.raises(Deadlock, match=r"the stuck one: .*waits_forever .*→ Event\.wait") as caught:
        run(main(), seed=1)
    assert len(caught.value.tasks) == 2


def test_a_leaked_task_fails() -> None:
    """A task that outlives the main coroutine fails the run, and is cancelled."""
    ended: list[str] = []

    async def leak() -> None:
        try:
            await asyncio.sleep(1)
        finally:
            ended.append("cancelled")

    async def main() -> None:
        spawn(leak(), "the leak")
        await asyncio.sleep(0.5)

    with pytest.raises(LeakedTasks, match="the leak"):
        run(main(), seed=1)
    assert ended == ["cancelled"]


def test_a_task_that_needs_no_time_may_end_after_main() -> None:
    """A task that ends without time passing is no leak."""

    async def main() -> None:
        spawn(interleaving(), "short")

    run(main(), seed=1)


async def _raise(error: Exception) -> None:
    raise error


def _in_callback() -> None:
    def fail() -> None:
        raise ValueError("lost")

    asyncio.get_running_loop().call_soon(fail)


def _in_task() -> None:
    spawn(_raise(ValueError("lost")), "fails")


@pytest.mark.parametrize("lose", [_in_callback, _in_task])
def test_a_lost_error_fails_the_run(lose: Callable[[], None]) -> None:
    """An error in a callback, or in a task that nobody awaits, fails the run and names the seed."""

    async def main() -> None:
        lose()
        await asyncio.sleep(1)

    with pytest.raises(ValueError, match="lost") as caught:
        run(main(), seed=13)
    assert "seed 13" in caught.value.__notes__[0]


def test_the_error_of_main_comes_first() -> None:
    """What the main coroutine raised is raised, whatever it leaked."""

    async def main() -> None:
        spawn(asyncio.sleep(9), "leaked too")
        raise LookupError("main")

    with pytest.raises(LookupError, match="main"):
        run(main(), seed=1)


def test_idle_waits_for_all_that_can_run() -> None:
    """`idle` returns when everything has come to rest, with no time passed."""

    async def main() -> tuple[str, float]:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, SeededLoop)
        task = asyncio.create_task(interleaving())
        await loop.idle()
        return task.result(), now()

    order, passed = run(main(), seed=3)
    assert len(order) == 12
    assert passed == 0.0


def test_threads_are_refused() -> None:
    """Work for a thread is refused: its timing is no part of a seed."""
    with pytest.raises(NotImplementedError, match="no threads"):
        run(asyncio.to_thread(print), seed=1)


def test_the_loop_finds_a_lost_update() -> None:
    """A race that the plain loop never shows is found within a few seeds."""

    async def main() -> int:
        total = 0

        async def add() -> None:
            nonlocal total
            seen = total
            await asyncio.sleep(0)
            total = seen + 1

        async def add_twice() -> None:
            await add()
            await add()

        await asyncio.gather(add_twice(), add_twice())
        return total

    def outcomes(runner: Callable[[Coroutine[Any, Any, int]], int]) -> set[int]:
        return {runner(main()) for _ in range(20)}

    assert outcomes(asyncio.run) == {2}
    assert {run(main(), seed=seed) for seed in range(20)} == {2, 3, 4}


def test_universes_are_cheap() -> None:
    """A thousand tiny universes take less than two seconds of the processor."""
    start = time.process_time()
    for seed in range(1000):
        run(interleaving(tasks=2, steps=2), seed=seed)
    assert time.process_time() - start < 2
