"""Who is stopped has its time to clean up."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any, cast

import pytest

from fusionrt import CallTimeout, Host
from fusionrt.transport.memory import MemoryNetwork
from tests.lab import LabClient, TinyLab
from tests.waiting import until


class Cleaning(TinyLab):
    """Its bodies wait until they are stopped, and then for what they clean up."""

    def __init__(self) -> None:
        super().__init__()
        self.begun = asyncio.Event()
        self.cleaning = asyncio.Event()
        self.may_end = asyncio.Event()
        self.clean = False

    async def _run(self) -> None:
        self.begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            self.cleaning.set()
            await self.may_end.wait()
            self.clean = True

    async def echo(self, text: str) -> str:
        await self._run()
        return text

    async def get(self, key: str) -> int:
        await self._run()
        return 0

    async def count(self, upto: int) -> AsyncIterator[int]:
        yield 0
        await self._run()


async def _calls(client: LabClient, kind: str) -> None:
    if kind == "plain":
        await client.echo("a")
    elif kind == "compute":
        await client.get("a")
    else:
        async with aclosing(cast(Any, client.count(9))) as items:
            async for _ in items:
                pass


@pytest.mark.parametrize(
    ("kind", "stopped"),
    [
        *itertools.product(["plain", "compute", "stream"], ["cancelled", "gone"]),
        *itertools.product(["plain", "compute"], ["late"]),
    ],
)
async def test_D19_who_cleans_up_is_not_cancelled_again(kind: str, stopped: str) -> None:
    """By the end of its session or of its host, which come meanwhile: half of what a body closes,
    or takes back, would stay as it is."""
    network, lab = MemoryNetwork(1), Cleaning()
    async with Host(transport=network.connect("serving")) as serving:
        await serving.serve(lab)
        async with Host(transport=network.connect("calling")) as calling:
            client = calling.client(LabClient)
            if stopped == "late":
                client = client.with_options(timeout=0.1)
            call = asyncio.ensure_future(_calls(client, kind))
            await lab.begun.wait()
            if stopped == "late":
                with pytest.raises(CallTimeout):
                    await call
            elif stopped == "cancelled":
                call.cancel()
            if stopped != "gone":
                await lab.cleaning.wait()
        await lab.cleaning.wait()
        await until(lambda: not serving.statistics().services["lab"].sessions)
        asyncio.get_running_loop().call_later(0.1, lab.may_end.set)
    await asyncio.gather(call, return_exceptions=True)
    assert lab.clean
