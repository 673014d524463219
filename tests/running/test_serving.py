"""What `python -m fusionrt` and `fusiongen run` do with an application, from start to signal."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from types import ModuleType

import pytest

from fusionrt import Host, running
from fusionrt.applications import Application, OwnHost, TargetError
from fusionrt.running import Probes, serve
from fusionrt.testing import eventually
from tests.lab import LabClient, TinyLab
from tests.observing.test_health import readyz
from tests.waiting import until


class Serving:
    """An application that is served in a task of this process."""

    def __init__(self, task: asyncio.Task[None], started: list[Host]) -> None:
        self.task = task
        self.started = started

    async def stopped(self) -> None:
        """Send SIGTERM and wait for the end."""
        os.kill(os.getpid(), signal.SIGTERM)
        async with asyncio.timeout(5):
            await self.task


@asynccontextmanager
async def serving(
    monkeypatch: pytest.MonkeyPatch,
    url: str,
    app: Application | OwnHost,
    probes: Probes | None = None,
) -> AsyncIterator[Serving]:
    """Serve it, as a process of its own would."""
    module = ModuleType("an_application")
    vars(module)["app"] = app
    monkeypatch.setitem(sys.modules, "an_application", module)
    started: list[Host] = []
    task = asyncio.create_task(serve("an_application:app", url, started.append, probes))
    yield Serving(task, started)
    task.cancel()
    await asyncio.wait([task])


async def test_an_application_may_run_for_ever(
    nats_server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Everything is served once it does; a signal ends it, what follows there, and the process."""
    did: list[str] = []

    async def app(host: Host) -> None:
        await host.serve(TinyLab({"a": 1}))
        await host.run_forever()
        did.append("after it")
        await asyncio.sleep(0.01)
        did.append("all of it")

    async with serving(monkeypatch, nats_server, app) as it, Host(nats_server) as caller:
        await until(lambda: it.started)
        assert await caller.client(LabClient).get("a") == 1
        await it.stopped()
        assert did == ["after it", "all of it"] and len(it.started) == 1


async def test_an_application_may_have_hosts_of_its_own(
    nats_server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One signal ends those, and the one that it was given."""

    async def app(host: Host) -> None:
        async with Host(nats_server) as other:
            await asyncio.gather(host.run_forever(), other.run_forever())

    async with serving(monkeypatch, nats_server, app) as it:
        await until(lambda: it.started)
        await it.stopped()


async def test_a_cancelled_application_ends_before_its_host_leaves(
    nats_server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A signal while it starts cancels it; what it cleans up can still use the host."""
    begun, told = asyncio.Event(), []

    async def app(host: Host) -> None:
        await host.serve(TinyLab({"a": 1}))
        try:
            begun.set()
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0.01)
            told.append(await host.client(LabClient).get("a"))

    async with serving(monkeypatch, nats_server, app) as it:
        await begun.wait()
        await it.stopped()
        assert told == [1] and it.started == []


async def test_an_application_is_awaited_though_what_serves_it_is_cancelled(
    nats_server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not only a signal ends it."""
    begun, told = asyncio.Event(), []

    async def app(host: Host) -> None:
        await host.serve(TinyLab({"a": 1}))
        try:
            begun.set()
            await asyncio.Event().wait()
        finally:
            told.append(await host.client(LabClient).get("a"))

    async with serving(monkeypatch, nats_server, app) as it:
        await begun.wait()
        it.task.cancel()
        await asyncio.wait([it.task])
        assert it.task.cancelled() and told == [1]


async def test_an_application_that_hides_its_cancellation_keeps_no_process(
    nats_server: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """It is waited for a while; then its host stops without it, and the log says so."""
    monkeypatch.setattr(running, "GRACE", 0.05)
    begun, end = asyncio.Event(), asyncio.Event()

    async def app(host: Host) -> None:
        while not end.is_set():
            try:
                begun.set()
                await end.wait()
            except asyncio.CancelledError:
                pass

    async with serving(monkeypatch, nats_server, app) as it:
        await begun.wait()
        await it.stopped()
        assert "goes on though it was cancelled" in caplog.text
        end.set()


@pytest.mark.parametrize("when", ["at once", "as it is stopped", "after it ran for ever"])
async def test_what_an_application_raises_is_raised(
    nats_server: str, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    """While it starts, while it is cancelled, or at its end: the process fails, and says why."""
    begun = asyncio.Event()

    async def app(host: Host) -> None:
        try:
            begun.set()
            if when == "after it ran for ever":
                await host.run_forever()
            elif when == "as it is stopped":
                await asyncio.Event().wait()
        finally:
            raise ValueError(when)

    async with serving(monkeypatch, nats_server, app) as it:
        await begun.wait()
        with pytest.raises(ValueError, match=when):
            await it.stopped() if when != "at once" else await it.task


async def test_an_application_that_returns_goes_on_until_the_signal(
    nats_server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As ever: it serves, returns, and its services answer."""

    async def app(host: Host) -> None:
        await host.serve(TinyLab({"a": 1}))

    async with serving(monkeypatch, nats_server, app) as it, Host(nats_server) as caller:
        await until(lambda: it.started)
        assert await caller.client(LabClient).get("a") == 1
        await it.stopped()
        assert len(it.started) == 1


async def test_an_application_may_make_its_host(
    nats_server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Which has options then; everything is served when it yields it, and what stands after that
    comes with the signal."""
    did: list[str] = []

    @asynccontextmanager
    async def app(nats_url: str | None) -> AsyncIterator[Host]:
        async with Host(nats_url, metrics=True) as host:
            await host.serve(TinyLab({"a": 1}))
            yield host
            did.append("after it")
        did.append("after its host")

    async with serving(monkeypatch, nats_server, app) as it, Host(nats_server) as caller:
        await until(lambda: it.started)
        assert await caller.client(LabClient).get("a") == 1
        [host] = it.started
        assert host.statistics().measured is not None
        await it.stopped()
        assert did == ["after it", "after its host"]


async def test_an_application_that_makes_its_host_is_cancelled_while_it_starts(
    nats_server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A signal does that, as to others; it is waited for."""
    begun, told = asyncio.Event(), []

    @asynccontextmanager
    async def app(nats_url: str | None) -> AsyncIterator[Host]:
        async with Host(nats_url) as host:
            await host.serve(TinyLab({"a": 1}))
            try:
                begun.set()
                await asyncio.Event().wait()
            finally:
                told.append(await host.client(LabClient).get("a"))
            yield host

    async with serving(monkeypatch, nats_server, app) as it:
        await begun.wait()
        await it.stopped()
        assert told == [1] and it.started == []


@pytest.mark.parametrize("when", ["before", "after"])
async def test_what_an_application_that_makes_its_host_raises_is_raised(
    nats_server: str, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    """Before its `yield`, and after it."""

    @asynccontextmanager
    async def app(nats_url: str | None) -> AsyncIterator[Host]:
        async with Host(nats_url) as host:
            if when == "before":
                raise ValueError(when)
            yield host
        raise ValueError(when)

    async with serving(monkeypatch, nats_server, app) as it:
        with pytest.raises(ValueError, match=when):
            if when == "after":
                await until(lambda: it.started)
                await it.stopped()
            await it.task


async def test_an_application_that_yields_no_host_is_told_so(
    nats_server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A `yield` alone is soon written."""

    @asynccontextmanager
    async def app(nats_url: str | None) -> AsyncIterator[Host]:
        yield None  # type: ignore[misc]

    async with serving(monkeypatch, nats_server, app) as it:
        with pytest.raises(TargetError, match="it yields None, which is no host"):
            await it.task


async def test_probes_tell_of_the_host_that_an_application_makes(
    nats_server: str, monkeypatch: pytest.MonkeyPatch, unused_tcp_port: int
) -> None:
    """It starts until it is yielded, is ready then, and stops from the signal on."""
    go, end = asyncio.Event(), asyncio.Event()
    probes = Probes(unused_tcp_port, "127.0.0.1")

    def answers(status: int, problems: list[str]) -> Callable[[], Awaitable[bool]]:
        async def does() -> bool:
            answered, told = await readyz(probes.port)
            return (answered, told["problems"]) == (status, problems)

        return does

    @asynccontextmanager
    async def app(nats_url: str | None) -> AsyncIterator[Host]:
        await go.wait()
        async with Host(nats_url) as host:
            await host.serve(TinyLab({"a": 1}))
            yield host
            await end.wait()

    async with serving(monkeypatch, nats_server, app, probes) as it:
        await eventually(answers(503, ["the application is starting"]), timeout=10)
        go.set()
        await until(lambda: it.started)
        await eventually(answers(200, []))
        os.kill(os.getpid(), signal.SIGTERM)
        await eventually(answers(503, ["the host is stopping"]))
        end.set()
        await it.task
