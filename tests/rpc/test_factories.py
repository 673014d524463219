"""Who makes the tasks of bodies: what the application, or its loop, has for that."""

from __future__ import annotations

import asyncio
from typing import Any

from .pool_world import MANY, PoolWorld, pool_world, texts


async def _once() -> str:
    await asyncio.sleep(0)
    return "waited"


async def _made_by_the_loop(world: PoolWorld) -> set[asyncio.Task[Any] | None]:
    """The tasks of bodies that are known to wait."""
    world.lab.ways = dict.fromkeys(texts(), _once)
    for _ in range(2):
        world.lab.tasks.clear()
        assert await world.calls(*texts()) == ["waited"] * MANY
    return set(world.lab.tasks)


async def test_a_task_factory_makes_the_tasks_of_bodies_that_wait() -> None:
    """Also one that is set when the host serves already; none of the tasks is made without it."""
    made: set[asyncio.Task[Any]] = set()

    def factory(loop: Any, coroutine: Any, **options: Any) -> asyncio.Task[Any]:
        task = asyncio.Task(coroutine, loop=loop, **options)
        made.add(task)
        return task

    async with pool_world() as world:
        asyncio.get_running_loop().set_task_factory(factory)
        tasks = await _made_by_the_loop(world)
        asyncio.get_running_loop().set_task_factory(None)
    assert len(tasks) == MANY and tasks <= made
    assert {task.get_name() for task in tasks if task is not None} == {"fusion call"}


class _Remembering(asyncio.SelectorEventLoop):
    made: set[asyncio.Task[Any]]

    def create_task(self, coro: Any, **options: Any) -> asyncio.Task[Any]:
        task = super().create_task(coro, **options)
        self.made.add(task)
        return task


def test_a_loop_with_a_way_of_its_own_makes_the_tasks_of_bodies_that_wait() -> None:
    """None of the tasks is made without its `create_task`."""
    _Remembering.made = set()

    async def calls() -> set[asyncio.Task[Any] | None]:
        async with pool_world() as world:
            return await _made_by_the_loop(world)

    with asyncio.Runner(loop_factory=_Remembering) as runner:
        tasks = runner.run(calls())
    assert len(tasks) == MANY and tasks <= _Remembering.made
