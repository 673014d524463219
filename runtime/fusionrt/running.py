"""Running an application: what `python -m fusionrt` and `fusiongen run` have in common."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from enum import StrEnum
from typing import Any, NamedTuple, cast

from .applications import OWN_HOST, Application, OwnHost, TargetError, load, makes_its_host
from .errors import FusionError, NotBoundError
from .host import GRACE, Host
from .native import freeze
from .observing.health import STOPPED, Health
from .observing.http import observe
from .observing.statistics import HostStatistics
from .signals import stop_signals

__all__ = ["Loop", "LoopMissing", "Probes", "run", "serve"]

_log = logging.getLogger("fusionrt")


class Loop(StrEnum):
    """Whose event loop an application runs in."""

    ASYNCIO = "asyncio"
    UVLOOP = "uvloop"
    """The extra `fast`: helps a caller that waits for each call, little else."""


class LoopMissing(FusionError, ImportError):
    """Raised when the package of an event loop is not installed."""

    def __init__(self, loop: Loop) -> None:
        self.loop = loop
        super().__init__(
            f"{loop} is not installed: `pip install 'fusiongen[fast]'`, or run without --loop"
        )


class Probes(NamedTuple):
    """Where probes are answered. address: default: every one of this machine."""

    port: int
    address: str | None = None


def run(
    target: str,
    nats_url: str | None,
    started: Callable[[Host], None],
    loop: Loop = Loop.ASYNCIO,
    probes: Probes | None = None,
) -> None:
    """As `serve`, in an event loop of its own, and a process that does nothing else: what is there
    once everything is served is no garbage; see `freeze` of `native`.

    Raises:
        LoopMissing: there is no such event loop.
        FusionError: as `serve`.
    """

    def loaded(host: Host) -> None:
        freeze()
        started(host)

    with asyncio.Runner(loop_factory=_factory(loop)) as runner:
        runner.run(serve(target, nats_url, loaded, probes))


def _factory(loop: Loop) -> Callable[[], asyncio.AbstractEventLoop] | None:
    """What makes the loop; None for asyncio's own choice."""
    if loop is Loop.ASYNCIO:
        return None
    try:
        import uvloop
    except ImportError:
        raise LoopMissing(loop) from None
    factory: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop
    return factory


async def serve(
    target: str,
    nats_url: str | None,
    started: Callable[[Host], None],
    probes: Probes | None = None,
) -> None:
    """Run an application until SIGTERM or SIGINT; then drain.

    An application that is still starting is cancelled; one in `run_forever` goes on after it, and
    one that makes its host after its `yield`. A host that it was given leaves when it has ended.

    started: called when everything is served: the application returned, or runs forever.
    probes: answer `/livez`, `/readyz` and `/metrics` there, until the host has stopped.

    Raises:
        PortTaken: that port cannot be listened on.
        TargetError: there is no such application.
        BrokerUnavailable: no broker answers.
        Exception: what the application raises.
    """
    application = load(target)
    with stop_signals() as stop:
        if makes_its_host(application):
            await _Own(target, application, started, stop).serve(nats_url, probes)
        else:
            await _serve(cast("Application", application), nats_url, started, stop, probes)


async def _serve(
    application: Application,
    nats_url: str | None,
    started: Callable[[Host], None],
    stop: asyncio.Event,
    probes: Probes | None,
) -> None:
    announcing = _Announcing(nats_url, started, stop, metrics=probes is not None)
    async with AsyncExitStack() as exits:
        if probes is not None:
            await exits.enter_async_context(observe(announcing, *probes))
        async with announcing as host:
            serving = asyncio.ensure_future(application(host))
            try:
                await _until_stopped(stop, serving, host)
            finally:
                await _end(serving, GRACE if host.announced else 0)
        if serving.done() and not serving.cancelled():
            serving.result()


class _Own:
    """An application that makes its host; to probes it stands for that, from before it is there."""

    def __init__(
        self,
        target: str,
        application: OwnHost,
        started: Callable[[Host], None],
        stop: asyncio.Event,
    ) -> None:
        self._target = target
        self._application = application
        self._started = started
        self._stop = stop
        self._host: Host | None = None

    def health(self) -> Health:
        stopping = self._stop.is_set()
        if self._host is None:
            return replace(STOPPED, starting=not stopping, stopping=stopping)
        health = self._host.health()
        return replace(health, stopping=stopping or health.stopping)

    def statistics(self) -> HostStatistics:
        if self._host is None:
            raise NotBoundError("the application is starting, and has no host yet")
        return self._host.statistics()

    async def serve(self, nats_url: str | None, probes: Probes | None) -> None:
        """As `serve` of the module."""
        async with AsyncExitStack() as exits:
            if probes is not None:
                await exits.enter_async_context(observe(self, *probes))
            serving = asyncio.create_task(self._run(nats_url))
            try:
                await _stopped_or_ended(self._stop, serving)
            finally:
                leaves = self._host is not None and self._stop.is_set()
                await _end(serving, 2 * GRACE if leaves else 0)  # its host drains meanwhile
            if serving.done() and not serving.cancelled():
                serving.result()

    async def _run(self, nats_url: str | None) -> None:
        async with self._application(nats_url) as host:
            if not isinstance(host, Host):
                raise TargetError(self._target, f"it yields {host!r}, which is no host", OWN_HOST)
            self._host = host
            self._started(host)
            await self._stop.wait()


class _Announcing(Host):
    """Says once that everything is served.

    stop: set as soon as it shall stop, before it does.
    """

    def __init__(
        self,
        nats_url: str | None,
        started: Callable[[Host], None],
        stop: asyncio.Event,
        *,
        metrics: bool,
    ) -> None:
        super().__init__(nats_url, metrics=metrics)
        self.announced = False
        self._started = started
        self._stop = stop
        self._left = False

    def health(self) -> Health:
        stopping = self._left or self._stop.is_set()
        starting = not self.announced and not stopping
        return replace(super().health(), starting=starting, stopping=stopping)

    def announce(self) -> None:
        """Everything is served."""
        if not self.announced:
            self.announced = True
            self._started(self)

    async def __aexit__(self, *error: Any) -> None:
        self._left = True
        await super().__aexit__(*error)

    async def run_forever(self) -> None:
        self.announce()
        await super().run_forever()


async def _until_stopped(
    stop: asyncio.Event, serving: asyncio.Future[None], host: _Announcing
) -> None:
    await _stopped_or_ended(stop, serving)
    if not stop.is_set():
        serving.result()
        host.announce()
        await stop.wait()


async def _stopped_or_ended(stop: asyncio.Event, serving: asyncio.Future[None]) -> None:
    stopped = asyncio.create_task(stop.wait())
    try:
        either: set[asyncio.Future[Any]] = {stopped, serving}
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
    finally:
        stopped.cancel()


async def _end(serving: asyncio.Future[None], patience: float) -> None:
    """Return when the application has ended. patience: seconds in which it may end by itself."""
    if patience:
        await asyncio.wait({serving}, timeout=patience)
    serving.cancel()
    await asyncio.wait({serving}, timeout=GRACE)
    if not serving.done():
        _log.error("the application goes on though it was cancelled: its host stops without it")
