"""The processes of a run: a broker, and of each peer a host and a caller. All idle but one pair."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from subprocess import DEVNULL
from typing import Self

import msgspec

from fusionrt.broker import HOST, server_binary
from fusionrt.children import start_child, stop_child

from .caller import Order
from .patterns import Found
from .peers import OURS, PEERS

__all__ = ["WATCHER", "Callers"]

ROOT = Path(__file__).parents[2]
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
            broker, url = await exits.enter_async_context(_broker())
            callers = {}
            for name in PEERS:
                host = await exits.enter_async_context(_python("host", name, url))
                address = await _line(host)
                pids = str(host.pid), str(broker)
                for place in (name, WATCHER) if name == OURS else (name,):
                    caller = _python("caller", name, address, *pids)
                    callers[place] = await exits.enter_async_context(caller)
                    assert await _line(callers[place]) == "ready"
            yield cls(callers)

    async def obey(self, name: str, order: Order) -> Found:
        """Let the caller of a peer measure something."""
        process = self._processes[name]
        assert process.stdin is not None
        process.stdin.write(msgspec.json.encode(order) + b"\n")
        return msgspec.json.decode(await _line(process), type=Found)


@asynccontextmanager
async def _broker() -> AsyncIterator[tuple[int, str]]:
    """The process and the URL of one."""
    with socket.create_server((HOST, 0)) as free:
        port = free.getsockname()[1]
    binary = os.fspath(server_binary())
    process = start_child([binary, "-a", HOST, "-p", str(port)], DEVNULL)
    try:
        while True:
            try:
                _, writer = await asyncio.open_connection(HOST, port)
                break
            except ConnectionRefusedError:
                await asyncio.sleep(0.01)
        writer.close()
        yield process.pid, f"nats://{HOST}:{port}"
    finally:
        stop_child(process)


@asynccontextmanager
async def _python(module: str, *arguments: str) -> AsyncIterator[Process]:
    """A process that runs a module of this package, and ends when its standard input does."""
    paths = ROOT, ROOT / "runtime"
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", f"{__package__}.{module}", *arguments),
        env=os.environ | {"PYTHONPATH": os.pathsep.join(map(str, paths))},
        stdin=PIPE,
        stdout=PIPE,
    )
    assert process.stdin is not None
    try:
        yield process
    finally:
        process.stdin.close()
        await process.wait()


async def _line(process: Process) -> str:
    assert process.stdout is not None
    line = await process.stdout.readline()
    assert line, "a process of the benchmark ended: see what it said above"
    return line.decode().strip()
