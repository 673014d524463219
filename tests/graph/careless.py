"""The universe of `universe.py` with careless bodies: what they come to when they are cancelled is
poison, and they start tasks that nobody awaits.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from types import ModuleType

from .universe import LEAVES, READS, Universe, leaves_of

POISON = -1
TASKS = 6


class Poisonous(Exception):
    """What a cancelled body may raise."""


@dataclass
class Careless(Universe):
    """Poison must reach nobody but the callers that were cancelled."""

    started: list[asyncio.Task[None]] = field(default_factory=list)

    async def _body(self, name: str, tag: str) -> dict[int, int]:
        if len(self.started) < TASKS and self.random.random() < 0.2:
            self.started.append(asyncio.create_task(self._reads_apart(self.random.choice(READS))))
        try:
            return await super()._body(name, tag)
        except asyncio.CancelledError:
            chance = self.random.random()
            if chance < 0.35:
                return dict.fromkeys(leaves_of(name), POISON)
            if chance < 0.7:
                raise Poisonous from None
            raise

    async def _reads_apart(self, name: str) -> None:
        await self.pause()
        await self.read(name)

    async def read(self, name: str) -> None:
        floor = list(self.versions)
        task = asyncio.current_task()
        assert task is not None
        try:
            seen = await self.call(name)
        except Poisonous:
            assert task.cancelling(), f"G19: {name} failed for somebody else"
            return
        if POISON in seen.values():
            assert task.cancelling(), f"G19: {name} was poison for somebody else"
            return
        assert all(version >= floor[leaf] for leaf, version in seen.items()), f"G5b: {name}"


async def live_carelessly(graph: ModuleType) -> None:
    """One universe: readers, writers and many cancellers at random; then quiescence."""
    random = asyncio.get_running_loop().fusion_random  # type: ignore[attr-defined]
    universe = Careless(graph, random)

    async def reader() -> None:
        for _ in range(random.randint(1, 4)):
            await universe.pause()
            await universe.read(random.choice(READS))

    async def impatient() -> None:
        for _ in range(random.randint(1, 3)):
            task = asyncio.create_task(universe.read(random.choice(READS)))
            await universe.pause()
            task.cancel()
            await asyncio.wait([task])
            assert task.cancelled() or task.exception() is None

    async def writer() -> None:
        for _ in range(random.randint(1, 4)):
            await universe.pause()
            universe.write(random.randrange(LEAVES))

    async with asyncio.TaskGroup() as tasks:
        for _ in range(random.randint(2, 5)):
            tasks.create_task(reader())
        for _ in range(random.randint(0, 2)):
            tasks.create_task(universe.watch(random.choice(READS)))
        for _ in range(random.randint(1, 4)):
            tasks.create_task(impatient())
        for _ in range(random.randint(0, 3)):
            tasks.create_task(writer())
    await asyncio.sleep(10)
    await asyncio.gather(*universe.started)
    universe.check()
