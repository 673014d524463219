"""Processes of a benchmark: a broker, and modules of this package; each ends with its block."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from subprocess import DEVNULL

from fusionrt.broker import HOST, server_binary
from fusionrt.children import start_child, stop_child

__all__ = ["broker", "line", "python"]

ROOT = Path(__file__).parents[1]


@asynccontextmanager
async def broker() -> AsyncIterator[tuple[int, str]]:
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
async def python(module: str, *arguments: str) -> AsyncIterator[Process]:
    """One that runs a module, and ends when its standard input does."""
    paths = ROOT, ROOT / "runtime"
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", module, *arguments),
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


async def line(process: Process) -> str:
    """The next one that it says."""
    assert process.stdout is not None
    said = await process.stdout.readline()
    assert said, "a process of the benchmark ended: see what it said above"
    return said.decode().strip()
