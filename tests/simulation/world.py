"""The processes of a run."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, Final, TypeVar

from fusionrt import Host
from fusionrt.rpc import CallerStatistics

from .generated.carts import CartsClient
from .generated.prices import PricesClient
from .generated.summaries import SummariesClient
from .log import Log
from .network import Link, Network
from .scenario import Topology
from .services import CartsHere, PricesHere, SummariesHere
from .truth import Truth
from .universe import Machine, Universe

__all__ = ["Process", "World"]

_T = TypeVar("_T")

PARTING: Final = 5.0
"""Seconds in which reads end that began while their process stopped: they wait for a proof."""


class Process:
    """A process: a machine, its link, its `Host`; with what it serves, or with clients of all."""

    def __init__(self, world: World, name: str, serves: tuple[str, ...], number: int) -> None:
        self.name = name
        self.serves = serves
        self.machine: Machine = world.universe.machine(f"{name}.{number}")
        self.link: Link = world.network.connect(self.machine)
        self.services: dict[str, Any] = {}
        self._world = world
        self._host = Host(transport=self.link)

    def run(self, main: Coroutine[Any, Any, _T]) -> asyncio.Future[_T]:
        """Start something here."""
        return self.machine.run(main)

    async def start(self) -> None:
        """Begin to serve."""
        host = await self._host.__aenter__()
        for service in self.serves:
            self.services[service] = made = self._make(service)
            await host.serve(made)

    def _make(self, service: str) -> Any:
        local = self._world.topology.local
        match service:
            case "prices":
                return PricesHere(self._world.truth, self.machine)
            case "carts":
                prices = self.services.get("prices") if local else None
                return CartsHere(prices or self._host.client(PricesClient))
            case "summaries":
                carts = self.services.get("carts") if local else None
                return SummariesHere(carts or self._host.client(CartsClient))
        raise AssertionError(service)

    async def stop(self, error: BaseException | None = None) -> None:
        """Shut down in good order; with an error, at once."""
        await self._host.__aexit__(None if error is None else type(error), error, None)

    def learn(self, product: str) -> None:
        """The log tells of a command that changed this price."""
        if self.running:
            self.services["prices"].invalidate.get(product)

    @property
    def running(self) -> bool:
        """Whether its host was entered and not left."""
        return not self.machine.off and self._host._entered is not None

    @property
    def host(self) -> Host:
        """Its host."""
        return self._host

    @property
    def caller(self) -> CallerStatistics:
        """What its clients do."""
        return self._host.statistics().caller

    def prices(self, timeout: float) -> PricesClient:
        """A client."""
        return self._host.client(PricesClient).with_options(timeout=timeout)

    def carts(self, timeout: float) -> CartsClient:
        """A client."""
        return self._host.client(CartsClient).with_options(timeout=timeout)

    def summaries(self, timeout: float) -> SummariesClient:
        """A client."""
        return self._host.client(SummariesClient).with_options(timeout=timeout)


class World:
    """All processes by their names, on one network. One that is replaced keeps its name."""

    def __init__(self, universe: Universe, topology: Topology, log: Log) -> None:
        self.universe = universe
        self.topology = topology
        self.log = log
        self.truth = Truth(universe.time)
        self.network = Network(universe, log.message)
        self.processes: dict[str, Process] = {}
        self._serves = {f"host{number}": each for number, each in enumerate(topology.hosts)}
        self._serves |= {f"client{number}": () for number in range(topology.clients)}
        self._started = 0

    async def start_all(self) -> None:
        """Everything that there is."""
        for name in self._serves:
            await self.start(name)

    async def start(self, name: str) -> Process:
        """Start a process; one of this name is gone."""
        self._started += 1
        process = Process(self, name, self._serves[name], self._started)
        self.processes[name] = process
        await process.run(process.start())
        return process

    async def crash(self, name: str, *, known: bool) -> None:
        """A process ends without a word. known: to the broker, whose connection to it breaks."""
        process = self.processes.pop(name)
        process.machine.off = True
        process.link.vanish(known=known)
        process.machine.revive()
        if process.host._entered is not None:
            await process.run(process.stop(OSError("crashed")))
        await self.universe.idle()
        self.universe.shut_off(process.machine)
        self._tell_from_log(self.truth.gone(process.machine.name))

    def _tell_from_log(self, products: tuple[str, ...]) -> None:
        """Other hosts of prices learn what one wrote that is gone; see the head of `network`."""
        for process in self.processes.values():
            for product in products if "prices" in process.services else ():
                process.machine.call_soon(process.learn, product)

    async def leave(self, name: str) -> None:
        """A process shuts down in good order."""
        process = self.processes.pop(name)
        await process.run(process.stop())
        await asyncio.sleep(PARTING)
        self.universe.shut_off(process.machine)

    def serving(self, service: str) -> list[Process]:
        """The processes that serve it now."""
        return [
            process
            for process in self.processes.values()
            if service in process.services and process.running and not process.machine.frozen
        ]
