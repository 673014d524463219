"""One run: `python -m benchmarks.scale.point CLIENTS HOSTS KEYS ROUNDS`; it saves what it found.

The crowd is this process; the broker and each host have one of their own, whose processor time and
memory are read from outside.
"""

from __future__ import annotations

import asyncio
import gc
import os
import platform
import sys
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path

from ..clocks import cpu_seconds
from ..processes import broker, line, python
from .crowd import Crowd
from .host import SLOW
from .results import COMMANDS, Plan, Point, Spent, machine

__all__: list[str] = []

IDLE = 2 * SLOW.keep_alive
"""Seconds."""
FEW = 100
"""Clients, of which one makes commands, too."""
UNHELD = 1_000_000
"""A key that nobody reads."""


class _Meter:
    """Of these processes, while one thing is done."""

    def __init__(self, broker: int, hosts: list[int]) -> None:
        self._broker = broker
        self._hosts = hosts

    def start(self) -> Callable[[], Spent]:
        """What tells what was spent since."""
        began = self._now()

        def spent() -> Spent:
            seconds, host, broker, crowd, host_bytes, crowd_bytes = (
                after - before for after, before in zip(self._now(), began, strict=True)
            )
            return Spent(seconds, host, broker, crowd, int(host_bytes), int(crowd_bytes))

        return spent

    def _now(self) -> tuple[float, ...]:
        own = os.getpid()
        return (
            time.perf_counter(),
            sum(map(cpu_seconds, self._hosts)),
            cpu_seconds(self._broker),
            cpu_seconds(own),
            sum(map(_resident, self._hosts)),
            _resident(own),
        )


def _resident(process: int) -> int:
    pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


async def _run(plan: Plan) -> None:
    async with AsyncExitStack() as exits:
        process, url = await exits.enter_async_context(broker())
        hosts = []
        for _ in range(plan.hosts):
            host = await exits.enter_async_context(python("benchmarks.scale.host", url))
            assert await line(host) == "ready"
            hosts.append(host.pid)
        crowd = await Crowd.connect(url)
        point = await _measure(plan, crowd, _Meter(process, hosts))
        point.save()
        await crowd.end()
        os._exit(0)  # thousands of clients would take long to say goodbye


async def _measure(plan: Plan, crowd: Crowd, meter: _Meter) -> Point:
    gc.disable()  # of thousands of clients at once; each would have a small heap of its own
    spent = meter.start()
    await crowd.join(plan.clients)
    join = spent()
    idle, beats = await _idle(crowd, meter)
    commands = await _commands(crowd, meter) if plan.clients <= FEW else None
    keys = range(plan.keys)
    register = None
    if plan.keys > 1:
        spent = meter.start()
        await crowd.read(keys[1:])
        register = spent()
    told, read = [], []
    for number in range(plan.rounds):
        before, spent = crowd.published, meter.start()
        await crowd.write(keys, number + 1)
        told.append(_without(idle, (crowd.published - before) / beats, spent()))
        crowd.check_stale(keys)
        if number + 1 < plan.rounds:
            spent = meter.start()
            await crowd.read(keys)
            read.append(spent())
    version = platform.python_version()
    where = machine()
    return Point(plan, version, where, join, idle, beats, register, told, read, commands)


async def _idle(crowd: Crowd, meter: _Meter) -> tuple[Spent, int]:
    before, spent = crowd.published, meter.start()
    await asyncio.sleep(IDLE)
    return spent(), crowd.published - before


async def _commands(crowd: Crowd, meter: _Meter) -> Spent:
    spent = meter.start()
    for number in range(COMMANDS):
        await crowd.clients[0].put(UNHELD, number)
    return spent()


def _without(idle: Spent, share: float, spent: Spent) -> Spent:
    """What was spent beside such a share of what was spent idly."""
    return Spent(
        spent.seconds,
        spent.host - idle.host * share,
        spent.broker - idle.broker * share,
        spent.crowd - idle.crowd * share,
        spent.host_bytes,
        spent.crowd_bytes,
    )


if __name__ == "__main__":
    asyncio.run(_run(Plan(*map(int, sys.argv[1:]))))
