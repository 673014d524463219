"""One peer, measured once: three processes, and a broker."""

from __future__ import annotations

import asyncio
import statistics
import time
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import msgspec

from ..clocks import cpu_seconds, resident
from ..processes import broker, line, python
from .cases import POLL, Size
from .pages import Found

__all__ = ["Figures", "measure"]

Figures = dict[str, float]
"""By what they tell; seconds, and bytes."""


@dataclass(frozen=True)
class _Peer:
    """server: whose processor time and memory count."""

    server: Process
    source: Process
    watcher: Process

    @classmethod
    @asynccontextmanager
    async def start(cls, name: str) -> AsyncIterator[_Peer]:
        """All end with the block."""
        async with AsyncExitStack() as exits:
            _, url = await exits.enter_async_context(broker())
            server = await exits.enter_async_context(python(f"{__package__}.server", name, url))
            port = await line(server)
            source = await exits.enter_async_context(python(f"{__package__}.source", name, url))
            watcher = await exits.enter_async_context(python(f"{__package__}.watcher", name, port))
            assert [await line(source), await line(watcher)] == ["ready", "ready"]
            yield cls(server, source, watcher)

    async def write(self, keys: int) -> None:
        """Change the texts of so many keys."""
        await _told(self.source, f"{keys}")

    async def open(self, pages: int, keys: int) -> Found:
        """Return when each page has what it watches."""
        return _found(await _told(self.watcher, f"open {pages} {keys}"))

    async def change(self, keys: int, pages: int) -> Found:
        """Return when all pages have what changed."""
        await _told(self.watcher, f"expect {keys * pages}")
        await self.write(keys)
        return _found(await line(self.watcher))


async def _told(process: Process, order: str) -> str:
    assert process.stdin is not None
    process.stdin.write(order.encode() + b"\n")
    return await line(process)


def _found(said: str) -> Found:
    return msgspec.json.decode(said, type=Found)


async def measure(name: str, size: Size) -> Figures:
    """The figures of one round."""
    async with _Peer.start(name) as peer:
        await peer.write(size.keys)
        pid = peer.server.pid
        before, began, used = resident(pid), time.perf_counter(), cpu_seconds(pid)
        opened = await peer.open(size.pages, size.keys)
        figures = {
            "open": time.perf_counter() - began,
            "open, refused": opened.refused,
            "open, CPU": cpu_seconds(pid) - used,
        }
        await asyncio.sleep(POLL)
        figures["memory"] = (resident(pid) - before) / size.pages
        used = cpu_seconds(pid)
        await asyncio.sleep(size.rest)
        figures["rest, CPU"] = (cpu_seconds(pid) - used) / size.rest
        figures |= await _changes(peer, "one", 1, size.ones, size)
        figures |= await _changes(peer, "all", size.keys, size.alls, size)
        figures["memory, after"] = (resident(pid) - before) / size.pages
        return figures


async def _changes(peer: _Peer, name: str, keys: int, times: int, size: Size) -> Figures:
    used = cpu_seconds(peer.server.pid)
    found = [await peer.change(keys, size.pages) for _ in range(times)]
    used = cpu_seconds(peer.server.pid) - used
    return {
        f"{name}, median": statistics.median(each.median for each in found),
        f"{name}, 99 %": statistics.median(each.p99 for each in found),
        f"{name}, last": statistics.median(each.last for each in found),
        f"{name}, CPU": used / times,
        f"{name}, refused": statistics.fmean(each.refused for each in found),
    }
