"""A run: processes on one database, clients, and one fault after the other."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import insert
from sqlalchemy.engine import make_url

from fusionrt import FusionError, Host
from fusionrt.primitives import now
from fusionrt.sql import Database
from tests.faults.proxy import Proxy
from tests.faults.serving import SCALE, TIMING
from tests.waiting import until

from .faults import happen
from .generated.ledger import LedgerClient
from .generated.totals import TotalsClient
from .judge import differences, judge_commands, judge_log, truth
from .ledger import ACCOUNTS, Account, Base
from .load import Load
from .plan import Action, Plan, Round
from .points import Point
from .process import Serving
from .serving import POLL, Setup

__all__ = ["Played", "Run", "played"]

HOSTS: Final = 3
CLIENTS: Final = 2
TASKS: Final = 4
"""Of each client."""
UNASKED: Final = 0.3
"""Seconds in which somebody comes to a point of a host; else it runs a command of its own."""
OUTAGE: Final = 1.5 * SCALE
QUIET: Final = 2 * POLL + 30.0
"""Seconds after which every host has read everything, however busy the machine is."""
RECOVERY: Final = 60.0
"""Seconds in which what was cut is whole again; until then it is asked again."""


@dataclass
class Played:
    """What happened in a round. told: those who asked.

    took: seconds from the end of the fault until ten commands more were acknowledged; in one alone,
        until everybody read what is true.
    """

    name: str
    took: float
    told: str


@dataclass
class Run:
    """A plan as it is played."""

    plan: Plan
    truth: Database
    hosts: list[Serving] = field(default_factory=list)
    clients: list[Host] = field(default_factory=list)
    loads: list[Load] = field(default_factory=list)
    played: list[Played] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    @property
    def acknowledged(self) -> int:
        """How many commands."""
        return sum(load.acknowledged for load in self.loads)

    @property
    def errors(self) -> Counter[str]:
        """That clients were told of."""
        return sum((load.errors for load in self.loads), Counter())

    async def set_up(self, nats: int, url: str, exits: AsyncExitStack) -> None:
        """Processes, clients, and empty accounts."""
        await self.truth.create_all(Base.metadata)
        async with self.truth.begin() as session:
            await session.execute(insert(Account), [{"name": a, "value": 0} for a in ACCOUNTS])
        for number in range(HOSTS):
            self.hosts.append(await self._host(number, nats, url, exits))
        await asyncio.gather(*(host.start() for host in self.hosts))
        for _ in range(CLIENTS):
            line = await exits.enter_async_context(Proxy(nats, self.plan.seed))
            self.clients.append(await exits.enter_async_context(Host(line.url, timing=TIMING)))

    async def _host(self, number: int, nats: int, url: str, exits: AsyncExitStack) -> Serving:
        plan = self.plan
        seed = plan.seed * HOSTS + number
        line = await exits.enter_async_context(Proxy(nats, seed))
        address, database = make_url(url), None
        if address.port is not None:
            database = await exits.enter_async_context(Proxy(address.port, seed))
            address = address.set(port=database.port)
        setup = Setup(
            nats=line.url,
            database=str(address),
            seed=seed,
            clock=(number - 1) * 600.0,
            retention=plan.retention,
            mutant=plan.mutant,
            hints=plan.hints,
        )
        host = Serving(setup, line, database)
        exits.push_async_callback(host.kill)
        return host

    async def play(self) -> None:
        """Commands without pause, and one fault after the other; then quiet."""
        async with self._loaded():
            await until(lambda: self.acknowledged > 20, within=RECOVERY)
            for number, round in enumerate(self.plan.rounds):
                await self._round(number, round)
            for host in self.hosts:
                await host.started()
        await self._settled("commands")
        for number, round in enumerate(self.plan.alone):
            await self._alone(number, round)
        await self._last_words()

    @asynccontextmanager
    async def _loaded(self) -> AsyncIterator[None]:
        short = self.plan.retention < 60  # nobody remembers a result for longer
        async with asyncio.TaskGroup() as group:
            for number, client in enumerate(self.clients):
                ledger, totals = client.client(LedgerClient), client.client(TotalsClient)
                seen = dict.fromkeys(ACCOUNTS, 0)
                for task in range(TASKS):
                    name = f"{self.plan.seed}-{number}-{task}"
                    load = Load(ledger, totals, name, seen, 0.0 if short else RECOVERY)
                    self.loads.append(load)
                    group.create_task(load.run(task + 10 * (number + 10 * self.plan.seed)))
            try:
                yield
            finally:
                for load in self.loads:
                    load.ending = True

    async def _last_words(self) -> None:
        """Everybody has read everything; then hosts change it, and tell no client."""
        for deaf in (False, False, False, self.plan.deaf):
            if deaf:
                await asyncio.gather(*(host.says("lose") for host in self.hosts))
            said = enumerate(ACCOUNTS)
            await asyncio.gather(*(_again(self.hosts[n % HOSTS], "add", a) for n, a in said))
            await self._settled("last words")

    # -- what goes wrong --

    async def _round(self, number: int, round: Round) -> None:
        """A fault, while clients send commands without pause."""
        await until(lambda: any(host.serves for host in self.hosts), within=RECOVERY)
        serving = [host for host in self.hosts if host.serves]
        host = serving[number % len(serving)]
        await self._brought(host, round.point, asked=True)
        before, failed = self.acknowledged, self.errors
        await happen(host, round, self._outage(round))
        over = now()
        try:
            await until(lambda: self.acknowledged > before + 10, within=RECOVERY)
        except AssertionError:
            self.problems.append(f"after {round} no commands are acknowledged")
        told = ", ".join(sorted(self.errors - failed)) or "nothing"
        self.played.append(Played(str(round), now() - over, told))

    async def _alone(self, number: int, round: Round) -> None:
        """A fault in a command that nobody sends again, and nothing comes after it."""
        host = self.hosts[number % HOSTS]
        command = await self._brought(host, round.point)
        await happen(host, round, self._outage(round))
        over = now()
        await host.started()
        await self._settled(str(round))
        said = command.result() if command and command.done() else {"died": ""}
        told = said.get("failed", "returned" if "said" in said else "died")
        self.played.append(Played(f"{round}, alone", now() - over, told.partition("(")[0]))

    async def _brought(
        self, host: Serving, point: Point, *, asked: bool = False
    ) -> asyncio.Future[Any] | None:
        """Hold the host at the point: somebody comes there, at once or in the end; who came last.

        asked: others run commands.
        """
        if point is Point.ANY:
            return None if asked else self._command(host, point)
        await host.says("close", point.name)
        end = now() + RECOVERY
        command = None if asked else self._command(host, point)
        while not host.held.is_set():
            if now() > end:
                raise AssertionError(f"nobody comes to the point {point.name}")
            with suppress(TimeoutError):
                async with asyncio.timeout(UNASKED):
                    await host.held.wait()
                    break
            if command is None or command.done():
                command = self._command(host, point)
        return command

    def _command(self, host: Serving, point: Point) -> asyncio.Future[Any]:
        """Let somebody come to the point of this host, unless a line fails that was cut before."""
        others = (each for each in self.hosts if each is not host and each.serves)
        who = next(others, host) if point is Point.READING else host
        return who.tell("add", ACCOUNTS[0])

    def _outage(self, round: Round) -> float:
        """For how long: in some plans for longer than operations are kept."""
        long = round.action is Action.FREEZE and self.plan.retention < 60
        return self.plan.retention * 1.5 if long else OUTAGE

    # -- what must hold --

    async def judge(self) -> None:
        """Say what does not."""
        asked = [each for load in self.loads for each in load.asked]
        self.problems += [problem for load in self.loads for problem in load.problems]
        self.problems += await judge_commands(self.truth, asked)
        if self.plan.retention > 60:
            self.problems += await judge_log(self.truth)

    async def _settled(self, after: str) -> None:
        """O4, O5, O6, O9: soon every cached read of every process is what the database has."""
        end = now() + QUIET
        wrong: dict[str, object] = {"": ""}
        while wrong and now() < end:
            await asyncio.sleep(0.05)
            true = await truth(self.truth)
            reads = [(f"host {n}", await _read(host)) for n, host in enumerate(self.hosts)]
            for number, load in enumerate(self.loads[::TASKS]):
                reads.append((f"client {number}", await _values(load)))
            wrong = {who: diff for who, read in reads if (diff := differences(read, true))}
        self.problems += [
            f"O4: after {after} {who} reads, not as it is: {what}" for who, what in wrong.items()
        ]


async def _read(host: Serving) -> dict[str, Any]:
    """What it reads; why it cannot, as long as it does not."""
    try:
        return dict(await host.says("read"))
    except AssertionError as error:
        return {"total": str(error)}


async def _values(load: Load) -> dict[str, Any]:
    try:
        return await load.values()
    except FusionError as error:
        return {"total": repr(error)}


async def _again(host: Serving, word: str, *arguments: object) -> None:
    """Until it succeeds: connections that were cut are found out one by one."""
    end = now() + RECOVERY
    while True:
        try:
            await host.says(word, *arguments)
        except AssertionError:
            if now() > end:
                raise
            await asyncio.sleep(0.05)
        else:
            return


async def played(plan: Plan, nats: int, url: str) -> Run:
    """Play it, and judge. nats: its port. url: of an empty database."""
    async with AsyncExitStack() as exits:
        run = Run(plan, await exits.enter_async_context(Database(url)))
        await run.set_up(nats, url, exits)
        await run.play()
        await run.judge()
        return run
