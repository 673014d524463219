"""Closed loops of readers, and a writer that never pauses."""

from __future__ import annotations

import asyncio
import gc
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from operator import length_hint

from .users import COUNT
from .ways import Way

__all__ = ["Case", "Found", "measure"]


@dataclass(frozen=True)
class Case:
    """readers: each looks up one user after the other, of random ids.

    burst: lookups of one reader before it gives the others a turn. A hit waits for nothing, so a
        reader of hits would keep the processor for ever.
    """

    readers: int
    writes: bool
    burst: int

    @property
    def name(self) -> str:
        who = "1 reader" if self.readers == 1 else f"{self.readers} readers and a writer"
        return f"{who}, {self.burst} lookups a turn"


@dataclass
class Found:
    """lookups, writes: a second."""

    lookups: float
    writes: float


async def measure(way: Way, case: Case, seconds: float, seed: int) -> Found:
    """What is done in that time, after a warm-up of a quarter of it."""
    numbers = random.Random(seed)
    readers = [_Reader(way, case.burst, numbers) for _ in range(case.readers)]
    writer = _Writer(way, numbers)
    tasks = [asyncio.create_task(reader.run()) for reader in readers]
    if case.writes:
        tasks.append(asyncio.create_task(writer.run()))
    await asyncio.sleep(seconds / 4)
    gc.collect()
    began, read, written = _now(readers, writer)
    await asyncio.sleep(seconds)
    ended, read_then, written_then = _now(readers, writer)
    failed = [task for task in tasks if task.done()]
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
    for task in failed:
        task.result()
    taken = ended - began
    return Found((read_then - read) / taken, (written_then - written) / taken)


def _now(readers: list[_Reader], writer: _Writer) -> tuple[float, int, int]:
    return time.perf_counter(), sum(reader.count for reader in readers), writer.count


@dataclass
class _Reader:
    """Looks at every answer. What it counts costs nothing a lookup."""

    way: Way
    burst: int
    numbers: random.Random
    bursts: int = 0
    rest: Iterator[int] = field(default_factory=lambda: iter(()))

    @property
    def count(self) -> int:
        """Lookups until now."""
        return self.bursts * self.burst - length_hint(self.rest)

    async def run(self) -> None:
        ids = self.numbers.choices(range(COUNT), k=1_000)
        get, burst = self.way.get, self.burst
        while True:
            for place in range(0, len(ids), burst):
                self.rest, self.bursts = iter(ids[place : place + burst]), self.bursts + 1
                for id in self.rest:
                    user = await get(id)
                    assert user is not None and user.id == id
                await asyncio.sleep(0)


@dataclass
class _Writer:
    """Renames one user after the other, and reads each again: it must have its new name."""

    way: Way
    numbers: random.Random
    count: int = 0

    async def run(self) -> None:
        while True:
            id, name = self.numbers.randrange(COUNT), f"name {self.count}"
            await self.way.rename(id, name)
            user = await self.way.get(id)
            assert user is not None and user.name == name
            self.count += 1
