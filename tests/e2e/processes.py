"""Services as real processes."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Self

from tests.forked import Running

__all__ = ["ServiceProcess"]

ROOT = Path(__file__).parents[2]
PATHS = ROOT, ROOT / "runtime", ROOT / "examples" / "cart"
START_TIMEOUT = 20.0
STOP_TIMEOUT = 15.0


class ServiceProcess:
    """`python -m fusionrt TARGET`, as a deployment runs it, but that it has imported the runtime
    before; killed at the end if it still runs.

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
        self._process: Running | None = None

    async def start(self) -> Self:
        """Start it, and return when it serves."""
        words = (self.target, "--nats", self.url)
        self._process = await Running.start("fusionrt", *words, environment=self._environment)
        await self.says("serving on")
        return self

    async def says(self, text: str) -> None:
        """Return when it has printed a line with this text."""
        async with asyncio.timeout(START_TIMEOUT):
            while text not in (line := (await self._running.printed.readline()).decode()):
                assert line, f"{self.target} ended"

    def freeze(self) -> None:
        """Stop it with SIGSTOP: its connections stay, and nothing answers."""
        self._running.signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on with SIGCONT."""
        self._running.signal(signal.SIGCONT)

    async def kill(self) -> None:
        """Kill it with SIGKILL."""
        self._running.signal(signal.SIGKILL)
        await self._running.ended()

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._running.pid

    def terminate(self) -> None:
        """Ask it to stop, with SIGTERM."""
        self._running.signal(signal.SIGTERM)

    async def ended(self) -> int:
        """Its exit code, once it has ended."""
        async with asyncio.timeout(STOP_TIMEOUT):
            return await self._running.ended()

    @property
    def _running(self) -> Running:
        assert self._process is not None
        return self._process

    async def __aenter__(self) -> Self:
        return await self.start()

    async def __aexit__(self, *_: object) -> None:
        if self._process is not None and not self._process.has_ended:
            await self.kill()
