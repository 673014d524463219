"""A deployment is rolled forward and back by a version, under load of both."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

from .processes import ROOT, ServiceProcess
from .versions import Version, write_versions

HOSTS = 2


class Deployment:
    """Processes that serve: each is replaced by one that is up before it stops."""

    def __init__(self, url: str, data: Path, stack: AsyncExitStack) -> None:
        self._url = url
        self._data = data
        self._stack = stack
        self._processes: list[ServiceProcess] = []

    async def add(self, version: Version) -> None:
        process = ServiceProcess(
            "shop.app:main",
            self._url,
            paths=(version.folder,),
            environment={"SHOP_FOLDER": str(self._data)},
        )
        self._processes.append(await self._stack.enter_async_context(process))

    async def roll(self, version: Version) -> None:
        for _ in range(HOSTS):
            await self.add(version)
            old = self._processes.pop(0)
            old.terminate()
            assert await old.ended() == 0


class Caller:
    """A process that calls without pause."""

    def __init__(self, process: Process) -> None:
        self._process = process

    async def says(self, word: str) -> dict[str, Any]:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(f"{word}\n".encode())
        async with asyncio.timeout(20):
            said: dict[str, Any] = json.loads(await self._process.stdout.readline())
        return said

    async def goes_on(self, calls: int) -> None:
        """Return when so many more calls were made."""
        before = (await self.says("report"))["calls"]
        async with asyncio.timeout(30):
            while (await self.says("report"))["calls"] < before + calls:  # noqa: ASYNC110
                await asyncio.sleep(0.02)


@asynccontextmanager
async def calling(version: Version, url: str, name: str) -> AsyncIterator[Caller]:
    paths = [str(path) for path in (version.folder, ROOT, ROOT / "runtime")]
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "shop.caller", url, name),
        env=os.environ | {"PYTHONPATH": os.pathsep.join(paths)},
        stdin=PIPE,
        stdout=PIPE,
    )
    try:
        yield Caller(process)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def test_D22_a_version_is_rolled_out_and_back(nats_server: str, tmp_path: Path) -> None:
    """What `check --against` lets pass runs side by side, both ways: callers of both versions, and
    hosts of the old one, then of the new one, then of the old one again; no call fails.
    """
    old, new = write_versions(tmp_path)
    for one, other in ((new, old), (old, new)):
        checked = one.check_against(other)
        assert checked.returncode == (one is old), checked.stdout
    data = tmp_path / "data"
    data.mkdir()
    async with AsyncExitStack() as stack:
        deployment = Deployment(nats_server, data, stack)
        for _ in range(HOSTS):
            await deployment.add(old)
        callers = [
            await stack.enter_async_context(calling(version, nats_server, name))
            for version, name in ((old, "old"), (new, "new"))
        ]
        for version in (new, old):
            for caller in callers:
                await caller.goes_on(100)
            await deployment.roll(version)
        for caller in callers:
            await caller.goes_on(100)
            said = await caller.says("stop")
            assert said["failures"] == []
