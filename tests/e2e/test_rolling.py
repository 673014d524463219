"""Every host of a service is replaced under load (D22)."""

from __future__ import annotations

import asyncio
import itertools
from contextlib import suppress

import pytest

from fusionrt import Host
from tests.lab import LabClient
from tests.waiting import until

from .processes import ServiceProcess

APP = "tests.e2e.app:busy"


class Caller:
    """Calls everything that the lab has, without a pause; notes what failed."""

    def __init__(self, host: Host, name: str) -> None:
        self.client = host.client(LabClient)
        self.name = name
        self.calls = 0
        self.failed: list[Exception] = []
        self.shown: int | None = None
        self.task = asyncio.create_task(self._call())
        self.watching = asyncio.create_task(self._watch())

    async def _call(self) -> None:
        for number in itertools.count():
            try:
                await self.client.put(self.name, number)
                await self.client.get(self.name)
                assert await self.client.echo(f"{number}") == f"{number}"
                assert await self.client.wait() == "finished"
            except Exception as error:
                self.failed.append(error)
            self.calls += 4

    async def _watch(self) -> None:
        async for computed in self.client.changes.double(self.name):
            if computed.error is None:
                self.shown = computed.value


@pytest.mark.parametrize("spare", [True, False], ids=["one-more", "one-less"])
async def test_D22_a_rolling_restart_of_all_hosts_fails_no_call(
    nats_server: str, spare: bool
) -> None:
    """Whether the next host comes before one leaves, or only afterwards: nobody notices."""
    processes = [await ServiceProcess(APP, nats_server).start() for _ in range(2)]
    try:
        async with Host(nats_server) as one, Host(nats_server) as two:
            callers = [Caller(host, f"{n}") for n in range(8) for host in (one, two)]

            async def more(calls: int) -> None:
                wanted = sum(caller.calls for caller in callers) + calls
                await until(lambda: sum(c.calls for c in callers) >= wanted, within=30.0)

            await more(200)
            for leaving in list(processes):
                if spare:
                    processes.append(await ServiceProcess(APP, nats_server).start())
                    await more(100)
                leaving.terminate()
                await more(200)
                assert await leaving.ended() == 0
                if not spare:
                    processes.append(await ServiceProcess(APP, nats_server).start())
                    await more(100)
            assert [error for caller in callers for error in caller.failed] == []
            for caller in callers:
                caller.task.cancel()
                with suppress(asyncio.CancelledError):
                    await caller.task
                expected = await caller.client.double(caller.name)
                await until(lambda c=caller, e=expected: c.shown == e)  # type: ignore[misc]
                caller.watching.cancel()
    finally:
        for process in processes:
            await process.__aexit__()
