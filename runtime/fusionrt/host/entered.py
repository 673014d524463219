"""What a host has while it runs."""

from __future__ import annotations

import asyncio
import os
from contextlib import AsyncExitStack, suppress
from typing import Final, Self

from ..broker import Broker
from ..graph import Graph, inspect_ending, let_unused_go
from ..observing.discovery import Discovery
from ..observing.health import Health, health_of
from ..observing.statistics import HostStatistics
from ..operations import Looking
from ..primitives import background, new_id
from ..transport import Transport
from ..transport.nats import NatsTransport
from ..transport.signing import public_url
from .around import Around
from .calling import Calling
from .commits import Commits
from .serving import Serving
from .settings import Settings
from .wires import Wires

__all__ = ["GRACE", "Entered"]

GRACE: Final = 10.0
"""Seconds that running calls get to end when the host stops."""


class Entered:
    """From `enter` to `leave`."""

    _exits: AsyncExitStack

    def __init__(self, settings: Settings, transport: Transport, url: str) -> None:
        self.url: Final = url
        self.iid: Final = new_id()
        self.graph: Final = Graph(
            max_computeds=settings.max_computeds, is_transient=settings.is_transient
        )
        self.wires: Final = Wires.over(transport, settings)
        self.commits: Final = Commits.of(self.graph, self.iid, self.wires, settings)
        self._around = Around(self.graph, settings)
        self._discovery = Discovery(transport, self.iid, settings.subjects, self.statistics)
        self.calling: Final = Calling(self.graph, self.wires.caller, self._around, settings.cache)
        self.serving: Final = Serving(
            self.iid,
            self.graph,
            settings,
            self.wires,
            self.commits,
            self._around,
            self.calling,
            self._discovery,
        )

    @classmethod
    async def enter(cls, settings: Settings) -> Self:
        """Connect, and read the log; what was begun is undone if that fails.

        Raises:
            FusionError: as `Host`, when it is entered.
        """
        async with AsyncExitStack() as exits:
            transport, url = await _connected(settings, exits)
            exits.push_async_callback(transport.close)
            if settings.cache is not None:
                await settings.cache.open(f"{settings.subjects.prefix} {settings.principal}")
                exits.push_async_callback(settings.cache.close)
            entered = cls(settings, transport, url)
            await entered._open(settings, exits)
            entered._exits = exits.pop_all()
            return entered

    async def _open(self, settings: Settings, exits: AsyncExitStack) -> None:
        if self._around.meter is not None:
            exits.callback(self._around.meter.close)
        exits.push_async_callback(self.wires.caller.close)
        exits.callback(self.graph.close)
        exits.push_async_callback(self._discovery.close)
        subscription = await self.wires.caller.open()
        if settings.transport is None:
            await self.wires.transport.flush(subscription)
        nudges = self.commits.nudges
        if settings.log is not None:
            opened = settings.log.open(self.commits.applier)
            nudges.log = await exits.enter_async_context(opened)
            exits.callback(Looking(nudges.log).close)
            exits.callback(nudges.close)
        sweeping = background(
            let_unused_go(self.graph, settings.unused_after), name="fusion unused"
        )
        exits.callback(sweeping.cancel)
        exits.push_async_callback(self.serving.close)

    async def leave(self, drain: bool) -> None:
        """Stop: with drain, what runs gets some time to end (D22)."""
        async with self._exits:
            if drain:
                await inspect_ending(self.graph)
                with suppress(TimeoutError):
                    async with asyncio.timeout(GRACE):
                        await self.serving.drain()

    def statistics(self) -> HostStatistics:
        """As `Host.statistics`."""
        meter, log = self._around.meter, self.commits.nudges.log
        return HostStatistics(
            graph=self.graph.statistics(),
            transport=self.wires.transport.statistics(),
            services=self.serving.statistics(),
            shards=self.serving.shards(),
            outlet=self.wires.outlet.statistics(),
            caller=self.wires.caller.statistics(),
            interceptors=self.serving.interceptors(),
            measured=None if meter is None else meter.measured(),
            log=None if log is None else log.statistics(),
        )

    def health(self) -> Health:
        """How it stands with its broker and with the services that it calls."""
        return health_of(self.wires.caller.statistics(), self.serving.names())


async def _connected(settings: Settings, exits: AsyncExitStack) -> tuple[Transport, str]:
    """The transport, and the broker's URL without a password."""
    if settings.transport is not None:
        return settings.transport, ""
    url = settings.url or os.environ.get("NATS_URL")
    if not url:
        broker = await exits.enter_async_context(await Broker.start())
        url = broker.url
    inbox = f"_INBOX_{settings.principal}"
    transport = await NatsTransport.connect(url, credentials=settings.credentials, inbox=inbox)
    return transport, public_url(url)
