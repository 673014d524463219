"""The services of a process: for everybody, for the hosts of which it is a client, for gateways."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from contextlib import AsyncExitStack
from functools import partial

from ..errors import NotBoundError
from ..front import Front
from ..graph import Graph
from ..identity import Asker
from ..interceptors import Interceptor, name_of
from ..observing.discovery import Announced, Discovery
from ..primitives import background
from ..remote.cycles import Cycles
from ..remote.servant import ServiceServant
from ..remote.shard_service import ShardService
from ..rpc import Clients, Outlet, Responder, ResponderStatistics
from ..services.binding import Binding
from ..services.pipeline import kinds_of
from ..services.service import Service
from ..shards import OwnershipStatistics
from ..table import Contract
from ..transport import Outbound, Table
from ..wire.limits import Quota
from .around import Around
from .calling import Calling
from .commits import Commits
from .settings import Settings
from .wires import Wires

__all__ = ["Serving"]


class Serving:
    """What is served, until it is closed."""

    def __init__(
        self,
        iid: str,
        graph: Graph,
        settings: Settings,
        wires: Wires,
        commits: Commits,
        around: Around,
        calling: Calling,
        discovery: Discovery,
    ) -> None:
        self._iid = iid
        self._graph = graph
        self._settings = settings
        self._wires = wires
        self._commits = commits
        self._around = around
        self._calling = calling
        self._discovery = discovery
        self._cycles = Cycles(graph, wires.caller)
        self._services: dict[str, Service] = {}
        self._offered: set[str] = set()
        self._responders: list[Responder] = []
        self._fronts: list[Front] = []
        self._shards: dict[str, ShardService] = {}
        self._exits = AsyncExitStack()
        wires.caller.writes.on_sources(self._tell_sources)

    async def serve(self, service: Service, interceptors: Iterable[Interceptor]) -> None:
        """As `Host.serve`."""
        binding = self._adopt(service, interceptors)
        binding.committer = self._commits.committer
        subscription = await self._commits.nudges.listen(binding.contract)
        self._exits.push_async_callback(subscription.unsubscribe)
        servant, shards = ServiceServant(binding, self._iid, self._cycles.came), None
        log = self._commits.nudges.log
        checks = [] if log is None else [log.check]
        name = binding.contract.name
        if binding.contract.shard is not None:
            timing, came = self._settings.timing, self._cycles.came
            shards = ShardService(binding, self._iid, self.table(name), timing, came)
            servant = shards.servant
            checks.append(shards.check)
        responder = self._responder(servant, name, self._iid, self._calling.callers, checks)
        self._exits.push_async_callback(responder.close)
        listening = await responder.open(self._wires.transport)
        await self._wires.transport.flush(subscription, *listening)
        if shards is not None:
            self._shards[responder.service] = shards
            self._exits.push_async_callback(shards.close)
            await shards.open(responder)
        await self._announce(binding.contract, servant)

    def offer(self, service: Service, interceptors: Iterable[Interceptor]) -> None:
        """As `Host.offer`."""
        binding = self._adopt(service, interceptors)
        caller = self._wires.caller
        servant = ServiceServant(binding, caller.cid)
        responder = self._responder(servant, binding.contract.name, caller.cid)
        self._exits.push_async_callback(responder.close)
        self._exits.callback(responder.offer(self._wires.transport, caller.offer))
        self._offered.add(responder.service)

    def front(self, outbound: Outbound, quota: Quota) -> Front:
        """As `Host.front`."""

        def responder(servant: ServiceServant, name: str) -> Responder:
            return Responder(
                name,
                self._iid,
                servant,
                outbound,
                outlet,
                subjects=self._settings.subjects,
                timing=self._settings.timing,
                confidants=(),
                asker=lambda principal, cid: Asker.browser(principal),
                quota=quota,
                reflect=partial(self._commits.reflection.reflect, name),
            )

        outlet = Outlet(outbound, self._wires.loose)
        remote = self._calling.for_browsers
        front = Front(self._graph, self._iid, remote, responder, self._tell_sources)
        self._fronts.append(front)
        self._exits.push_async_callback(front.close)
        return front

    def table(self, name: str) -> Table:
        """As `Host.table`."""
        return self._wires.transport.table(self._settings.subjects.table(name))

    async def drain(self) -> None:
        """Hand the clients over, and return when what ran for them has ended (D22)."""
        fronts = [front.drain() for front in self._fronts]
        await asyncio.gather(*fronts, *map(self._drain, self._responders))

    async def close(self) -> None:
        """Serve nothing any more: the last one that came goes first."""
        await self._exits.aclose()

    def names(self) -> tuple[str, ...]:
        """Those that are served for everybody."""
        return tuple(name for name in self._services if name not in self._offered)

    def statistics(self) -> dict[str, ResponderStatistics]:
        """By service."""
        return {each.service: each.statistics() for each in self._responders}

    def shards(self) -> dict[str, OwnershipStatistics]:
        """By service that has any."""
        return {name: each.statistics() for name, each in self._shards.items()}

    def interceptors(self) -> dict[str, tuple[str, ...]]:
        """By service: what is around its bodies, the outermost first."""
        return {name: _around(each) for name, each in self._services.items()}

    def _adopt(self, service: Service, interceptors: Iterable[Interceptor]) -> Binding:
        if not isinstance(service, Service):
            raise NotBoundError(f"serve takes an instance of a generated …Service, not {service!r}")
        binding = service._fusion
        name = binding.contract.name
        if name in self._services:
            raise NotBoundError(f"this host serves {name} already: one instance a host")
        if binding.graph is None:  # else it is refused
            binding.pipeline = self._around.bodies(binding.contract, interceptors)
        binding.adopt(self._graph)
        if not self._services:
            watching = background(self._cycles.watch(), name="fusion cycles")
            self._exits.callback(watching.cancel)
        self._services[name] = service
        return binding

    def _responder(
        self,
        servant: ServiceServant,
        name: str,
        iid: str,
        clients: Clients | None = None,
        checks: Iterable[Callable[[], None]] = (),
    ) -> Responder:
        responder = Responder(
            name,
            iid,
            servant,
            self._wires.transport,
            self._wires.outlet,
            subjects=self._settings.subjects,
            timing=self._settings.timing,
            confidants=self._settings.confidants,
            packing=self._wires.packing,
            clients=clients,
            asker=self._asker,
            quota=self._settings.quota,
            checks=checks,
            reflect=partial(self._commits.reflection.reflect, name),
        )
        self._responders.append(responder)
        self._tell_sources()
        return responder

    def _asker(self, principal: str, cid: str) -> Asker:
        is_gateway = principal in self._settings.gateways or cid == self._wires.caller.cid
        return Asker(principal, cid, is_gateway=is_gateway)

    def _tell_sources(self) -> None:
        """Also of what is served beside them: other hosts of that may change it, too (D15)."""
        fronted = (each for front in self._fronts for each in front.responders)
        for responder in (*self._responders, *fronted):
            beside = frozenset(self._services) - {responder.service}
            responder.sources(self._wires.caller.writes.sources | beside)

    async def _announce(self, contract: Contract, servant: ServiceServant) -> None:
        name, kinds = contract.name, kinds_of(contract)
        await self._discovery.announce(Announced(name, contract.version, kinds, servant.requests))

    async def _drain(self, responder: Responder) -> None:
        if responder.service in self._shards:
            await self._shards[responder.service].drain()
        await responder.drain()


def _around(service: Service) -> tuple[str, ...]:
    pipeline = service._fusion.pipeline
    return () if pipeline is None else tuple(map(name_of, pipeline.interceptors))
