"""Applications for processes under test."""

from __future__ import annotations

import asyncio

from fusionrt import Host
from tests.lab import TinyLab


class _SlowLab(TinyLab):
    async def wait(self) -> str:
        print("running", flush=True)
        await asyncio.sleep(0.3)
        return "finished"


async def slow(host: Host) -> None:
    """Serve a lab whose `wait` takes a while, and says when it began."""
    await host.serve(_SlowLab())


class _BusyLab(TinyLab):
    async def wait(self) -> str:
        await asyncio.sleep(0.05)
        return "finished"


async def busy(host: Host) -> None:
    """Serve a lab whose `wait` takes a moment."""
    await host.serve(_BusyLab())
