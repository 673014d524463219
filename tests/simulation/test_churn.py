"""An hour of calls, watches, streams, broken links and restarts leaves nothing behind (D17)."""

from __future__ import annotations

import asyncio
import gc
import random
import statistics
from dataclasses import dataclass

import pytest

from fusionrt.testing.loop import _waiting
from tests.sizes import size

from .faults import Faults
from .load import Load, draw_asks
from .log import Log
from .scenario import PRODUCTS, Fault, Topology
from .universe import Universe, live
from .world import Process, World

PERIODS = size(3, 12)
"""Of five minutes each."""
PERIOD = 300.0
FEW = 200
"""Objects that are there at one time and not at another: a period makes thousands of calls."""
TOPOLOGY = Topology((("prices",), ("carts",), ("summaries",)), clients=3, local=False)


@dataclass(frozen=True)
class Size:
    """What a process has, when nothing is asked of it."""

    tasks: int
    timers: int
    calls: int
    held: int
    sessions: int
    computeds: int


@pytest.mark.search
def test_D17_an_hour_of_churn_leaves_nothing_behind() -> None:
    """Calls, tasks, timers, registrations, sessions, results and objects are as many as before."""
    sizes, objects = live(_churn, 1)
    assert all(each == sizes[1] for each in sizes[1:])
    assert statistics.median(objects[1:]) < objects[1] + FEW


async def _churn(universe: Universe) -> tuple[list[dict[str, Size]], list[int]]:
    log = Log(universe.time)
    world = World(universe, TOPOLOGY, log)
    await world.start_all()
    sizes, objects = [], []
    for period in range(PERIODS):
        await _bad_times(world, random.Random(period), period)
        assert not world.truth.broken
        log.events.clear()
        sizes.append({name: _size(process) for name, process in world.processes.items()})
        gc.collect()
        objects.append(len(gc.get_objects()))
    return sizes, objects


async def _bad_times(world: World, source: random.Random, period: int) -> None:
    """Load and faults, then the same reads by every client."""
    load = Load(world, calm=False, bound=6.5)
    end = world.universe.time() + PERIOD
    numbers = period * 1_000_000
    while world.universe.time() < end - 90.0:
        for ask in draw_asks(source, TOPOLOGY.clients, 2.0)[TOPOLOGY.clients :]:
            numbers += 1
            load.begin(type(ask)(0.0, ask.client, ask.what, ask.on, _number(ask.what, numbers)))
        for asked in load.asked:
            if asked.ask.what.startswith("watch") and asked.ending and source.random() < 0.5:
                asked.ending.cancel()
        who = source.choice(["host1", "host2", "client0", "client1"])
        what = source.choice(["break_off", "overflow", "cut", "freeze", "leave", "crash"])
        await Faults(world).happen(Fault(0.0, source.choice((0.5, 3.0, 9.0)), what, who, 1.0))
    for asked in load.asked:
        if asked.ending and asked.ask.what.startswith("watch"):
            asked.ending.cancel()
    # A host remembers the outcomes of 10,000 commands (D13); another one starts without.
    await Faults(world).happen(Fault(0.0, 1.0, "leave", "host0"))
    await asyncio.sleep(end - world.universe.time() - 10.0)
    for name, process in world.processes.items():
        if name.startswith("client"):
            await process.run(_read_all(load, process))
    await asyncio.sleep(10.0)


def _number(what: str, number: int) -> int:
    return 50 if what == "items" else number


async def _read_all(load: Load, process: Process) -> None:
    for product in PRODUCTS:
        await load.read(process, "get", product, 10.0)
    await load.read(process, "cart", "x", 10.0)
    await load.read(process, "cart", "y", 10.0)
    await load.read(process, "summary", "", 10.0)


def _size(process: Process) -> Size:
    told = process.host.statistics()
    peers = told.caller.peers.values()
    return Size(
        tasks=len(_waiting(process.machine)),
        timers=len(process.machine.timers),
        calls=sum(peer.calls for peer in peers),
        held=sum(peer.held for peer in peers),
        sessions=sum(len(each.sessions) for each in told.services.values()),
        computeds=told.graph.kept,
    )
