"""What goes wrong, and how it ends."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from typing import Final

from fusionrt import BrokerUnavailable, NotBoundError

from .network import CALM, Link
from .scenario import Ask, Fault, Topology
from .world import Process, World

__all__ = ["Faults", "draw_faults", "hop"]

KINDS: Final = (
    "loss",
    "doubling",
    "delay",
    "stall",
    "cut",
    "cut_up",
    "cut_down",
    "break_off",
    "restart_broker",
    "freeze",
    "sleep",
    "crash",
    "vanish",
    "leave",
    "overflow",
)
TOLD: Final = frozenset({"crash", "leave", "break_off", "restart_broker", "doubling"})
"""After which the broker says at once, or at the next keep-alive, what is gone."""

MESSAGES: Final = 0.5
"""Seconds that messages take, all together."""
KEEP_ALIVE: Final = 2.0
"""Seconds between two, and those that a connection may be gone until that is an outage."""
LEASE: Final = 6.0


def hop(faults: tuple[Fault, ...]) -> float:
    """By how many seconds a strict read may be stale for each hop, after such faults (D14)."""
    if not faults:
        return MESSAGES
    if all(fault.what in TOLD for fault in faults):
        return KEEP_ALIVE + MESSAGES
    return LEASE + MESSAGES


def draw_faults(
    source: random.Random, topology: Topology, asks: Sequence[Ask], seconds: float
) -> list[Fault]:
    """What goes wrong in a run: nothing in some, everything in few, of a few kinds in most; half of
    it while a command runs.
    """
    puts = [ask.at for ask in asks if ask.what == "put"]
    who = [f"host{number}" for number in range(len(topology.hosts))]
    who += [f"client{number}" for number in range(topology.clients)]
    kinds = source.sample(KINDS, source.choice((0, 1, 1, 2, 3, 4, len(KINDS))))
    if not kinds:
        return []
    faults = []
    for _ in range(source.randint(1, 7)):
        at = source.uniform(0.5, seconds)
        if puts and source.random() < 0.5:
            at = source.choice(puts) + source.choice((-0.05, 0.05, 0.1, 0.2))
        lasts = source.choice((0.05, 0.4, 1.0, 3.0, 7.0, 12.0, 25.0))
        amount = source.choice((0.09, 0.3, 1.0))
        whom = source.choice([*who, *who[: len(topology.hosts)]])
        faults.append(Fault(round(max(at, 0.0), 3), lasts, source.choice(kinds), whom, amount))
    return sorted(faults, key=lambda fault: fault.at)


class Faults:
    """Makes them happen. One that hits what is not there does nothing."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def happen(self, fault: Fault) -> None:
        """From its begin to its end."""
        process = self._world.processes.get(fault.who)
        if process is None or not process.running:
            return
        self._world.log.say("", f"{fault}")
        doing: Callable[[Fault, Process], AbstractAsyncContextManager[None]]
        doing = getattr(self, f"_{fault.what}")
        async with doing(fault, process):
            await asyncio.sleep(fault.seconds)
        self._world.log.say("", f"{fault.what} {fault.who} is over")

    # -- the network --

    @asynccontextmanager
    async def _loss(self, fault: Fault, process: Process) -> AsyncIterator[None]:
        for link in self._links(fault, process):
            link.up = replace(link.up, drop=fault.amount / 2)
            link.down = replace(link.down, drop=fault.amount / 2)
        yield
        self._calm(fault, process)

    @asynccontextmanager
    async def _doubling(self, fault: Fault, process: Process) -> AsyncIterator[None]:
        for link in self._links(fault, process):
            link.up = replace(link.up, duplicate=fault.amount)
            link.down = replace(link.down, duplicate=fault.amount)
        yield
        self._calm(fault, process)

    @asynccontextmanager
    async def _delay(self, fault: Fault, process: Process) -> AsyncIterator[None]:
        """Messages of this link come later than those of others."""
        process.link.up = replace(process.link.up, most=fault.amount)
        process.link.down = replace(process.link.down, most=fault.amount)
        yield
        self._calm(fault, process)

    @asynccontextmanager
    async def _stall(self, fault: Fault, process: Process) -> AsyncIterator[None]:
        """What is sent meanwhile comes at the end, all at once: a socket that is half open."""
        until = self._world.universe.time() + fault.seconds
        process.link.held["down"] = until
        if fault.amount > 0.1:
            process.link.held["up"] = until
        yield

    def _links(self, fault: Fault, process: Process) -> Iterator[Link]:
        """A small amount is of every link."""
        if fault.amount < 0.1:
            yield from self._world.network.links.values()
        else:
            yield process.link

    def _calm(self, fault: Fault, process: Process) -> None:
        for link in (process.link, *self._links(fault, process)):
            link.up = link.down = CALM

    @asynccontextmanager
    async def _cut(self, fault: Fault, process: Process) -> AsyncIterator[None]:
        async with self._cut_up(fault, process), self._cut_down(fault, process):
            yield

    @asynccontextmanager
    async def _cut_up(self, fault: Fault, process: Process) -> AsyncIterator[None]:
        process.link.cut_up += 1
        yield
        process.link.cut_up -= 1

    @asynccontextmanager
    async def _cut_down(self, fault: Fault, process: Process) -> AsyncIterator[None]:
        process.link.cut_down += 1
        yield
        process.link.cut_down -= 1

    @asynccontextmanager
    async def _break_off(self, fault: Fault, process: Process) -> AsyncIterator[None]:
        process.link.break_off()
        yield
        process.link.join_again()

    @asynccontextmanager
    async def _restart_broker(self, fault: Fault, process: Process) -> AsyncIterator[None]:
        """Everybody comes back in a time of his own."""
        links = list(self._world.network.links.values())
        for link in links:
            link.break_off()
        yield
        source = self._world.universe.fusion_random
        for link in links:
            asyncio.get_running_loop().call_later(source.uniform(0.0, 1.0), link.join_again)
        await asyncio.sleep(1.0)

    @asynccontextmanager
    async def _overflow(self, fault: Fault, process: Process) -> AsyncIterator[None]:
        """A slow consumer: so many messages are dropped, then it is told."""
        process.link.skip = 1 + int(fault.amount * 5)
        yield

    # -- processes --

    @asynccontextmanager
    async def _freeze(self, fault: Fault, process: Process) -> AsyncIterator[None]:
        process.machine.freeze()
        yield
        if not process.machine.off:
            process.machine.thaw()

    @asynccontextmanager
    async def _sleep(self, fault: Fault, process: Process) -> AsyncIterator[None]:
        """A laptop's lid: its clock jumps, its timers do not; its connection may be gone."""
        process.machine.fall_asleep()
        if fault.amount > 0.1:
            process.link.break_off()
        yield
        if not process.machine.off:
            process.machine.wake_up()
        if fault.amount > 0.1:
            await asyncio.sleep(fault.amount)
            process.link.join_again()

    @asynccontextmanager
    async def _crash(self, fault: Fault, process: Process) -> AsyncIterator[None]:
        await self._world.crash(fault.who, known=True)
        yield
        await self._restart(fault.who)

    @asynccontextmanager
    async def _vanish(self, fault: Fault, process: Process) -> AsyncIterator[None]:
        """The whole machine is lost: the broker does not know."""
        await self._world.crash(fault.who, known=False)
        yield
        await self._restart(fault.who)

    @asynccontextmanager
    async def _leave(self, fault: Fault, process: Process) -> AsyncIterator[None]:
        await self._world.leave(fault.who)
        yield
        await self._restart(fault.who)

    async def _restart(self, name: str) -> None:
        while True:
            try:
                await self._world.start(name)
                return
            except NotBoundError:  # it was told to leave while it started
                return
            except BrokerUnavailable:  # while the broker is away
                process = self._world.processes.pop(name, None)
                if process is None:  # something else has ended it
                    return
                process.link.vanish(known=True)
                self._world.universe.shut_off(process.machine)
                await asyncio.sleep(0.5)
