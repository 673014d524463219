"""A process that serves, as the campaign sees it."""

from __future__ import annotations

import asyncio
import dataclasses
import itertools
import json
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from typing import Any

from tests.faults.cell import PATHS, ROOT
from tests.faults.proxy import Proxy

from .serving import Setup

__all__ = ["Serving"]

PATIENCE = 180.0
"""Seconds in which a process starts, or answers, on two cores that many others use."""


class Serving:
    """One that may be killed, and started again as another one on the same lines."""

    def __init__(self, setup: Setup, nats: Proxy, database: Proxy | None) -> None:
        self.nats = nats
        self.database = database
        self.held = asyncio.Event()
        """It is at the point that it was told of."""
        self._starting: asyncio.Task[None] | None = None
        self._setup = setup
        self._process: Process | None = None
        self._numbers = itertools.count()
        self._asked: dict[int, asyncio.Future[Any]] = {}
        self._serves = asyncio.Event()

    @property
    def serves(self) -> bool:
        """Whether anything can be asked of it."""
        return self._serves.is_set()

    async def start(self) -> None:
        """Return when it serves."""
        gate, self._gate = os.pipe()
        setup = dataclasses.replace(self._setup, gate=gate)
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "tests.sql_faults.serving", json.dumps(dataclasses.asdict(setup))),
            stdin=PIPE,
            stdout=PIPE,
            cwd=ROOT,
            env=os.environ | PATHS,
            pass_fds=(gate,),
        )
        os.close(gate)
        self._listening = asyncio.create_task(self._listen(self._process))
        serves = asyncio.create_task(self._serves.wait())
        either: set[asyncio.Task[Any]] = {serves, self._listening}
        await asyncio.wait(either, timeout=PATIENCE, return_when=asyncio.FIRST_COMPLETED)
        serves.cancel()
        assert self.serves, "the process ended, or does not start"

    async def _listen(self, process: Process) -> None:
        assert process.stdout is not None
        while line := await process.stdout.readline():
            said = json.loads(line)
            if said.get("at") == "serves":
                self._serves.set()
            elif "at" in said:
                self.held.set()
            elif (asked := self._asked.pop(said["number"], None)) and not asked.done():
                asked.set_result(said)

    def tell(self, word: str, *arguments: object) -> asyncio.Future[Any]:
        """Ask; whoever needs the answer waits for it."""
        assert self._process is not None and self._process.stdin is not None
        number = next(self._numbers)
        answer = self._asked[number] = asyncio.get_running_loop().create_future()
        self._process.stdin.write(json.dumps([number, word, *arguments]).encode() + b"\n")
        return answer

    async def says(self, word: str, *arguments: object) -> Any:
        """Its answer.

        Raises:
            AssertionError: it failed.
            TimeoutError: there is none.
        """
        async with asyncio.timeout(PATIENCE):
            said = await self.tell(word, *arguments)
        if "failed" in said:
            raise AssertionError(said["failed"])
        return said["said"]

    def restart(self) -> None:
        """Start it again, and do not wait for that."""
        self._starting = asyncio.create_task(self.start())

    async def started(self) -> None:
        """Return when it serves again."""
        if self._starting is not None:
            await self._starting

    def go_on(self) -> None:
        """From where it is held, if it is."""
        if self.held.is_set():
            self.held.clear()
            os.write(self._gate, b".")

    def freeze(self) -> None:
        """Stop it with SIGSTOP."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on with SIGCONT."""
        self._signal(signal.SIGCONT)

    async def kill(self) -> None:
        """Kill it with SIGKILL."""
        if self._process is not None:
            self._serves.clear()
            self.held.clear()
            if self._process.returncode is None:
                self._signal(signal.SIGKILL)
            await self._process.wait()
            await self._listening
            os.close(self._gate)
            self._process = None

    def _signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)
