"""One cell of the matrix: a call, how far it came, what went wrong then, and for how long."""

from __future__ import annotations

import asyncio
import itertools
import json
import math
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack, ExitStack
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any, Self

from fusionrt import CallTimeout, Host, OutcomeUnknown, Overloaded, RemoteUnavailable
from fusionrt.primitives import now
from tests.lab import LabClient
from tests.natsserver import NatsServer
from tests.waiting import until

from .proxy import Proxy
from .serving import SCALE, TIMING

__all__ = ["CELLS", "Call", "Cell", "Fault", "Outage", "Stage", "played"]

ROOT = Path(__file__).parents[2]
PATHS = {"PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'runtime'}"}
TIMEOUT = 25.0 * SCALE
"""Seconds of the call."""
BOUND = TIMING.lease + 0.5
"""Seconds after which no strict read may be stale (D14), with room for two busy cores."""
RECOVERY = 8.0 + 10 * SCALE
"""Seconds after the outage until everything is as it should be."""
ITEMS = 5000


class Call(Enum):
    """What is under way."""

    COLD = "a read that is not cached"
    WARM = "a read that is cached, and stale"
    PLAIN = "a plain call"
    COMMAND = "a command"
    STREAM = "a stream"


class Stage(Enum):
    """How far it came."""

    UNSENT = "not made yet"
    SENT = "on its way to the host"
    RUNNING = "its body runs"
    ANSWERED = "its answer is on its way back"


class Fault(Enum):
    """What goes wrong. The line is that of the client or of the host to the broker."""

    CLIENT_CUT = "the client's line is cut"
    CLIENT_HALF_OPEN = "the client's line swallows all"
    CLIENT_DELAYED = "the client's line is slow"
    CLIENT_TRUNCATED = "the client's line ends within a message"
    HOST_CUT = "the host's line is cut"
    HOST_HALF_OPEN = "the host's line swallows all"
    HOST_DELAYED = "the host's line is slow"
    HOST_TRUNCATED = "the host's line ends within a message"
    HOST_FROZEN = "the host stops for a while"
    HOST_KILLED = "the host is killed, and another one started"
    BROKER_FROZEN = "the broker stops for a while"
    BROKER_KILLED = "the broker is killed, and started again"

    @property
    def is_of_client(self) -> bool:
        """Whether it is one of the client's line: such a one costs no call, if it ends soon. In
        others the host may be taken for gone (D9).
        """
        return self.name.startswith("CLIENT")


class Outage(Enum):
    """For how long, in seconds of the usual times."""

    SHORT = 1.5
    LONG = 10.0


@dataclass(frozen=True)
class Cell:
    """See `CELLS`."""

    call: Call
    stage: Stage
    fault: Fault
    outage: Outage

    def __str__(self) -> str:
        return "-".join(
            each.name.lower() for each in (self.call, self.stage, self.fault, self.outage)
        )


CELLS = tuple(Cell(*each) for each in itertools.product(Call, Stage, Fault, Outage))


class Serving:
    """The process of `serving`."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._process: Process | None = None
        self._asking = asyncio.Lock()

    async def start(self) -> Self:
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "tests.faults.serving",
            self._url,
            stdin=PIPE,
            stdout=PIPE,
            cwd=ROOT,
        )
        await self._line()
        return self

    async def _line(self) -> Any:
        assert self._process is not None and self._process.stdout is not None
        async with asyncio.timeout(20):
            return json.loads(await self._process.stdout.readline())

    async def says(self, word: str = "report") -> dict[str, Any]:
        """Its report, after it did what the word says."""
        assert self._process is not None and self._process.stdin is not None
        async with self._asking:
            self._process.stdin.write(f"{word}\n".encode())
            report: dict[str, Any] = await self._line()
            return report

    def signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    async def stop(self) -> None:
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
        if self._process is not None:
            await self._process.wait()


@dataclass
class Reads:
    """Strict reads of one key, each with when it began and what it came to; None if it failed."""

    all: list[tuple[float, int | None]] = field(default_factory=list)

    async def follow(self, client: LabClient) -> None:
        reader = client.with_options(timeout=0.3)
        while True:
            began = now()
            try:
                value = await reader.get("watched")
            except (CallTimeout, RemoteUnavailable, Overloaded):
                self.all.append((began, None))
            else:
                self.all.append((began, value))
            await asyncio.sleep(0.02)


class Play:
    """A cell as it is played."""

    def __init__(self, cell: Cell, stack: AsyncExitStack) -> None:
        self.cell = cell
        self._stack = stack
        self.reads = Reads()
        self.changed: list[tuple[float, int]] = []
        self.outcome: Any = None
        self.over = 0.0
        self.reports: list[dict[str, Any]] = []

    async def set_up(self, folder: Path, seed: int) -> None:
        enter = self._stack.enter_async_context
        self.broker = NatsServer(folder)
        self._stack.callback(self.broker.close)
        self.client_line = await enter(Proxy(self.broker.port, seed))
        self.host_line = await enter(Proxy(self.broker.port, seed + 1))
        self.other_line = await enter(Proxy(self.broker.port, seed + 2))
        self.serving = await Serving(self.host_line.url).start()
        self._stack.push_async_callback(lambda: self.serving.stop())
        self.host = await enter(Host(self.client_line.url, timing=TIMING))
        self.other = await enter(Host(self.other_line.url, timing=TIMING))
        self.client = self.host.client(LabClient).with_options(timeout=TIMEOUT)
        self.truth = self.other.client(LabClient).with_options(timeout=1.0)
        for key in ("a", "watched"):
            await self.truth.put(key, 1)
            assert await self.client.get(key) == 1
        following = asyncio.create_task(self.reads.follow(self.client))
        self._stack.callback(following.cancel)

    async def play(self) -> None:
        """Bring the call as far as the cell says, let things go wrong, and right again."""
        cell = self.cell
        with ExitStack() as holds:
            if cell.call is Call.WARM:
                await self.truth.put("a", 2)
            if cell.stage is Stage.UNSENT:
                await self._begin_fault()
                call = asyncio.create_task(self._begin())
            else:
                call = await self._under_way(holds)
                await self._begin_fault()
            holds.close()
            if cell.stage is Stage.RUNNING and cell.fault not in _NO_HOST:
                await self.serving.says("open the gate")
            await self._change()
            await asyncio.sleep(cell.outage.value * SCALE)
        await self._end_fault()
        self.over = now()
        await self._change()
        await asyncio.wait([call], timeout=TIMEOUT + 2)
        assert call.done(), "the call neither ended nor failed in its time"
        self.outcome = call.exception() or call.result()

    async def _under_way(self, holds: ExitStack) -> asyncio.Task[Any]:
        before = await self.serving.says()
        match self.cell.stage:
            case Stage.SENT:
                holds.enter_context(self.host_line.held("down"))
            case Stage.RUNNING:
                await self.serving.says("close the gate")
        if self.cell.call is Call.WARM:
            await until(lambda: self.client.peek.get("a") is None)
        sent = self.client_line.passed["up"]
        call = asyncio.create_task(self._begin())
        await until(lambda: self.client_line.passed["up"] > sent or call.done())
        if self.cell.stage is Stage.RUNNING and self.cell.call is not Call.STREAM:

            async def runs() -> bool:
                return call.done() or (await self.serving.says())["waiting"] > before["waiting"]

            await _before_long(runs, "the body does not begin")
        if self.cell.stage is Stage.ANSWERED:
            holds.enter_context(self.client_line.held("down"))
            answered = self.host_line.passed["up"]
            await until(lambda: self.host_line.passed["up"] > answered or call.done())
        return call

    async def _begin(self) -> Any:
        match self.cell.call:
            case Call.COLD:
                return await self.client.slow("a")
            case Call.WARM:
                return await self.client.get("a")
            case Call.PLAIN:
                return await self.client.wait()
            case Call.COMMAND:
                return await self.client.slow_put("a", 7)
            case Call.STREAM:
                return [item async for item in self.client.count(ITEMS)]

    async def _change(self) -> None:
        """Change what is watched, if the host can be reached from elsewhere."""
        value = len(self.changed) + 10
        try:
            await self.truth.put("watched", value)
        except (CallTimeout, Overloaded, RemoteUnavailable):
            return
        self.changed.append((now(), value))

    # -- what goes wrong --

    async def _begin_fault(self) -> None:
        self._fault = ExitStack()
        line = self.client_line if self.cell.fault.is_of_client else self.host_line
        match self.cell.fault:
            case Fault.CLIENT_CUT | Fault.HOST_CUT:
                self._fault.enter_context(line.cut())
            case Fault.CLIENT_HALF_OPEN | Fault.HOST_HALF_OPEN:
                self._fault.enter_context(line.half_open())
            case Fault.CLIENT_DELAYED | Fault.HOST_DELAYED:
                self._fault.enter_context(line.delayed())
            case Fault.CLIENT_TRUNCATED | Fault.HOST_TRUNCATED:
                self._fault.enter_context(line.truncated())
            case Fault.HOST_FROZEN:
                self.serving.signal(signal.SIGSTOP)
            case Fault.HOST_KILLED:
                self.reports.append(await self.serving.says())
                await self.serving.stop()
            case Fault.BROKER_FROZEN:
                self.broker.freeze()
            case Fault.BROKER_KILLED:
                self.broker.kill()

    async def _end_fault(self) -> None:
        self._fault.close()
        match self.cell.fault:
            case Fault.HOST_FROZEN:
                self.serving.signal(signal.SIGCONT)
            case Fault.HOST_KILLED:
                await self.serving.start()
            case Fault.BROKER_FROZEN:
                self.broker.thaw()
            case Fault.BROKER_KILLED:
                self.broker.port = -1  # another test may have its port meanwhile
                self.broker.start()
                for line in (self.client_line, self.host_line, self.other_line):
                    line.target = self.broker.port
        if self.cell.stage is Stage.RUNNING:
            await self.serving.says("open the gate")

    # -- what must hold --

    async def judge(self) -> None:
        """Everything that the laws say of it."""
        await self._converged()
        self.reports.append(await self.serving.says())
        self._judge_outcome()
        self._judge_bodies()
        self._judge_reads()
        await self._nothing_is_left()

    async def _converged(self) -> None:
        """D14, D10: before long both clients read the same, and it is what the host has."""

        async def agree() -> bool:
            try:
                values = [await each.get("watched") for each in (self.client, self.truth)]
            except (CallTimeout, Overloaded, RemoteUnavailable):
                return False
            data = (await self.serving.says())["data"]
            return values == [data.get("watched", 0)] * 2

        await _before_long(agree, "the clients do not read what the host has")

    def _judge_outcome(self) -> None:
        """D13, D18, D26: the right result, or an error that says what is known."""
        good = {
            Call.COLD: (1, 0),
            Call.WARM: (2, 1, 0),
            Call.PLAIN: ("waited",),
            Call.COMMAND: (7,),
            Call.STREAM: ([*range(ITEMS)],),
        }[self.cell.call]
        if isinstance(self.outcome, BaseException):
            allowed = CallTimeout, RemoteUnavailable, OutcomeUnknown
            assert isinstance(self.outcome, allowed), repr(self.outcome)
        elif self.cell.fault is Fault.HOST_KILLED:  # the next one's data are new
            assert self.outcome in good
        else:  # stale, if at all, within the bound
            assert self.outcome in good[:2]
        if self.cell.outage is Outage.SHORT and self.cell.fault.is_of_client:
            assert self.outcome in good, f"a short outage cost a call: {self.outcome!r}"

    def _judge_bodies(self) -> None:
        """D13: a command ran once if it succeeded, and never twice."""
        if self.cell.call is Call.COMMAND:
            ran = sum(report["ran"].count("slow_put a") for report in self.reports)
            assert ran <= 1, f"the command ran {ran} times"
            assert ran == 1 or isinstance(self.outcome, BaseException)

    def _judge_reads(self) -> None:
        """D14: what began after the bound reads the change, or what came after it."""
        assert self.staleness <= BOUND, f"stale by {self.staleness:.2f} s"

    @property
    def staleness(self) -> float:
        """Seconds after a change in which reads began that did not see it, at most."""
        late = [
            began - changed
            for changed, value in self.changed
            for began, read in self.reads.all
            if read is not None and began > changed and read < value and not self._forgot(read)
        ]
        return max(late, default=0.0)

    @property
    def recovery(self) -> float:
        """Seconds from the end of the fault until reads are served again; infinite if the play was
        over before.
        """
        served = [began for began, read in self.reads.all if read is not None]
        return next((began - self.over for began in served if began > self.over), math.inf)

    def _forgot(self, read: int) -> bool:
        """A host that was killed has lost what it had in memory."""
        return self.cell.fault is Fault.HOST_KILLED and read == 0

    async def _nothing_is_left(self) -> None:
        """D17: no call, body or registration is left; both ends agree on what is held."""

        async def settled() -> bool:
            peers = [host.statistics().caller.peers["lab"] for host in (self.host, self.other)]
            sessions = (await self.serving.says())["sessions"]
            return (
                sum(peer.calls for peer in peers) <= 1  # that of `reads`
                and sum(session["running"] + session["waiting"] for session in sessions) <= 1
                and sorted(peer.held for peer in peers)
                == sorted(session["held"] for session in sessions)
            )

        await _before_long(settled, "something is left, or held on one end only")


_NO_HOST = {Fault.HOST_FROZEN, Fault.HOST_KILLED}


async def _before_long(condition: Callable[[], Awaitable[bool]], problem: str) -> None:
    try:
        async with asyncio.timeout(RECOVERY):
            while not await condition():  # noqa: ASYNC110 - it is another process's
                await asyncio.sleep(0.05)
    except TimeoutError:
        raise AssertionError(problem) from None


async def played(cell: Cell, folder: Path, seed: int) -> Play:
    """Play a cell, and judge it.

    Raises:
        AssertionError: a law does not hold.
    """
    async with AsyncExitStack() as stack:
        play = Play(cell, stack)
        await play.set_up(folder, seed)
        await play.play()
        await play.judge()
        return play
