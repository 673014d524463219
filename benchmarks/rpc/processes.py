"""The processes of a run: a broker, and of each peer a host and a caller. All idle but one pair."""

from __future__ import annotations

from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Self

import msgspec

from ..processes import broker, line, python
from .caller import Order
from .patterns import Found
from .peers import OURS, PEERS

__all__ = ["WATCHER", "Callers"]

WATCHER = "watcher"
"""A second caller of ours, which sees what the first one changes."""


class Callers:
    """One for each peer."""

    def __init__(self, processes: dict[str, Process]) -> None:
        self._processes = processes

    @classmethod
    @asynccontextmanager
    async def start(cls) -> AsyncIterator[Self]:
        """With the broker and the hosts; all end with the block."""
        async with AsyncExitStack() as exits:
            process, url = await exits.enter_async_context(broker())
            callers = {}
            for name in PEERS:
                host = await exits.enter_async_context(python(f"{__package__}.host", name, url))
                address = await line(host)
                pids = str(host.pid), str(process)
                for place in (name, WATCHER) if name == OURS else (name,):
                    caller = python(f"{__package__}.caller", name, address, *pids)
                    callers[place] = await exits.enter_async_context(caller)
                    assert await line(callers[place]) == "ready"
            yield cls(callers)

    async def obey(self, name: str, order: Order) -> Found:
        """Let the caller of a peer measure something."""
        process = self._processes[name]
        assert process.stdin is not None
        process.stdin.write(msgspec.json.encode(order) + b"\n")
        return msgspec.json.decode(await line(process), type=Found)
