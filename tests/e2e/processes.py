"""Services as real processes."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Self

__all__ = ["ServiceProcess"]

ROOT = Path(__file__).parents[2]
PATHS = ROOT, ROOT / "runtime", ROOT / "examples" / "cart"
START_TIMEOUT = 20.0
STOP_TIMEOUT = 15.0


class ServiceProcess:
    """`python -m fusionrt TARGET`, as a deployment runs it; killed at the end if it still runs.

    paths: more folders to import from. environment: more variables.
    """

    def __init__(
        self,
        target: str,
        url: str,
        *,
        paths: Sequence[Path] = (),
        environment: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self.target = target
        self.url = url
        python_path = os.pathsep.join(map(str, (*paths, *PATHS)))
        self._environment = os.environ | {"PYTHONPATH": python_path, **environment}
        self._process: Process | None = None

    async def start(self) -> Self:
        """Start it, and return when it serves."""
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "fusionrt",
            self.target,
            "--nats",
            self.url,
            env=self._environment,
            stdout=PIPE,
        )
        await self.says("serving on")
        return self

    async def says(self, text: str) -> None:
        """Return when it has printed a line with this text."""
        assert self._process is not None and self._process.stdout is not None
        async with asyncio.timeout(START_TIMEOUT):
            while text not in (line := (await self._process.stdout.readline()).decode()):
                assert line, f"{self.target} ended"

    def freeze(self) -> None:
        """Stop it with SIGSTOP: its connections stay, and nothing answers."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on with SIGCONT."""
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    async def kill(self) -> None:
        """Kill it with SIGKILL."""
        assert self._process is not None
        self._process.kill()
        await self._process.wait()

    @property
    def pid(self) -> int:
        """Its process id."""
        assert self._process is not None
        return self._process.pid

    def terminate(self) -> None:
        """Ask it to stop, with SIGTERM."""
        assert self._process is not None
        self._process.terminate()

    async def ended(self) -> int:
        """Its exit code, once it has ended."""
        assert self._process is not None
        async with asyncio.timeout(STOP_TIMEOUT):
            return await self._process.wait()

    async def __aenter__(self) -> Self:
        return await self.start()

    async def __aexit__(self, *_: object) -> None:
        if self._process is not None and self._process.returncode is None:
            await self.kill()
