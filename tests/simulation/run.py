"""One run: bad times, then peace, then the end; a law that is broken ends it."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from typing import Final

from .faults import Faults, draw_faults, hop
from .leaks import check_nothing_is_left, check_nothing_runs
from .linearizability import explain, is_linearizable
from .load import ERRORS, Load, draw_asks, products_of
from .log import Log
from .scenario import PRODUCTS, SERVICES, Ask, Fault, Scenario, Topology
from .truth import Violation
from .universe import Universe, live
from .world import Process, World

__all__ = ["draw", "simulate"]

PEACE: Final = 30.0
"""Seconds in which every watcher shows what is true, once nothing goes wrong any more."""


def draw(seed: int) -> Scenario:
    """The scenario of a seed."""
    source = random.Random(f"scenario {seed}")
    count = source.choice((1, 2, 3, 3, 3, 4))
    hosts: list[list[str]] = [[] for _ in range(count)]
    for number, service in enumerate(SERVICES):
        hosts[min(number, count - 1)].append(service)
    if count > 1 and source.random() < 0.4:
        spare = source.choice(SERVICES)
        source.choice([each for each in hosts if spare not in each]).append(spare)
    serves = tuple(tuple(sorted(each or ["carts"], key=SERVICES.index)) for each in hosts)
    topology = Topology(serves, source.choice((1, 2, 2, 3, 4)), source.random() < 0.3)
    seconds = source.choice((4.0, 10.0, 18.0, 32.0))
    asks = draw_asks(source, topology.clients, seconds)
    faults = draw_faults(source, topology, asks, seconds)
    return Scenario(seed, topology, tuple(asks), tuple(faults), seconds)


def simulate(scenario: Scenario) -> Log:
    """Run it: what happened.

    Raises:
        Violation: a law was broken.
        Exception: the runtime broke. Each has the log as its attribute `log`.
    """
    logs: list[Log] = []

    async def main(universe: Universe) -> None:
        logs.append(log := Log(universe.time))
        await _Run(universe, scenario, log).run()

    try:
        live(main, scenario.seed)
    except BaseException as error:
        error.log = logs[0] if logs else None  # type: ignore[attr-defined]
        raise
    return logs[0]


class _Run:
    def __init__(self, universe: Universe, scenario: Scenario, log: Log) -> None:
        self.scenario = scenario
        self.universe = universe
        self.world = World(universe, scenario.topology, log)
        self.load = Load(self.world, not scenario.faults, hop(scenario.faults))
        self.faults = Faults(self.world)
        self._happening: list[asyncio.Task[None]] = []

    async def run(self) -> None:
        """All of it."""
        await self.world.start_all()
        await self._trouble()
        await self._peace()
        await check_nothing_runs(self.world)
        self._check_history()
        await check_nothing_is_left(self.world, self.load)
        self._raise_broken()

    def _raise_broken(self) -> None:
        if self.world.truth.broken:
            raise self.world.truth.broken[0]

    async def _trouble(self) -> None:
        began = self.universe.time()
        plan: list[Ask | Fault] = [*self.scenario.asks, *self.scenario.faults]
        for each in sorted(plan, key=lambda each: each.at):
            delay = began + each.at - self.universe.time()
            if delay > 0:
                await asyncio.sleep(delay)
            self._raise_broken()
            if isinstance(each, Ask):
                self.load.begin(each)
            else:
                self._happening.append(self.universe.create_task(self.faults.happen(each)))
        if self._happening:
            await asyncio.gather(*self._happening)
        self.world.log.say("", "nothing goes wrong any more")

    async def _until(self, condition: Callable[[], bool], seconds: float) -> bool:
        end = self.universe.time() + seconds
        while not condition():
            if self.universe.time() > end:
                return False
            self._raise_broken()
            await asyncio.sleep(0.1)
        return True

    async def _peace(self) -> None:
        """Everything that was begun ends, every watcher shows what is true, and so does a read."""
        load = self.load
        if not await self._until(self._all_ended, PEACE):
            never = [asked.ask for asked in load.asked if not self._ended(asked.ending)]
            raise Violation("end", f"these never ended: {', '.join(map(str, never))}")
        if not await self._until(lambda: all(map(load.shows, load.watches)), PEACE):
            wrong = [each for each in load.watches if not load.shows(each)]
            told = "; ".join(f"{w.process.name} {w.what} {w.on}: {w.latest!r}" for w in wrong)
            raise Violation("convergence", f"watchers do not show what is true: {told}")
        for process in list(self.world.processes.values()):
            if process.name.startswith("client"):
                await process.run(self._read_all(process))
        self._raise_broken()

    def _all_ended(self) -> bool:
        watching = [asked for asked in self.load.asked if asked.ask.what.startswith("watch")]
        left = (each for each in self.load.asked if each not in watching)
        return all(each.process.machine.off or self._ended(each.ending) for each in left)

    @staticmethod
    def _ended(ending: asyncio.Future[None] | None) -> bool:
        if ending is None or not ending.done():
            return False
        if not ending.cancelled():
            ending.result()
        return True

    async def _read_all(self, process: Process) -> None:
        """What is lost shows within the bound; what failed until now may fail once more."""
        end = self.universe.time() + PEACE
        for what, on in [("get", each) for each in PRODUCTS] + [("cart", "x"), ("summary", "")]:
            while True:
                try:
                    prices: object = await self.load.read(process, what, on, 20.0)
                except ERRORS as error:
                    prices = error
                true = self.world.truth.prices(products_of(what, on))
                if prices == true:
                    break
                if self.universe.time() > end:
                    told = f"{process.name} reads {what} {on} as {prices!r}, and not as {true}"
                    raise Violation("convergence", told)
                await asyncio.sleep(0.5)

    def _check_history(self) -> None:
        truth = self.world.truth
        for price, ran in self.load.sure.items():
            if truth.wrote(price) is not ran:
                told = "ran" if ran else "did not run, and will not"
                truth.violated("D13", f"the caller was told that the command of {price} {told}")
        for number, product in enumerate(PRODUCTS):
            history = self.load.history[product]
            if not is_linearizable(history, -1 - number):
                least = "; ".join(map(str, explain(history, -1 - number)))
                truth.violated("linear", f"this of {product} cannot have happened: {least}")
        self._raise_broken()
