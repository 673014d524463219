"""A process that serves the ledger: `python -m tests.sql_faults.serving SETUP`, which is JSON.

It reads a line of JSON of standard input for each question, and answers with one.
"""

from __future__ import annotations

import asyncio
import dataclasses
import json
import logging
import random
import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

from fusionrt import Host
from fusionrt.primitives import spawn
from fusionrt.sql import Database, outcome, reader, trimmer
from tests.faults.serving import SCALE, TIMING, quick
from tests.simulation.mutants import mutated

from . import hints, points
from .ledger import ACCOUNTS, LedgerInSql, TotalsHere
from .mutants import MUTANTS

__all__ = ["POLL", "Setup"]

POLL = 5.0 * SCALE
"""Seconds between two reads of the log."""


@dataclass(frozen=True)
class Setup:
    """nats, database: URLs, of proxies. gate: what a held process waits for. clock: seconds that
    its wall clock is wrong. mutant: the mistake that the runtime has, if any.
    """

    nats: str
    database: str
    seed: int
    gate: int = -1
    clock: float = 0.0
    retention: float = 1800.0
    mutant: str = ""
    hints: hints.Hints = dataclasses.field(default_factory=hints.Hints)

    @classmethod
    def of(cls, text: str) -> Setup:
        """As the command line has it."""
        given = json.loads(text)
        return cls(**given | {"hints": hints.Hints(**given["hints"])})


def _install(setup: Setup, exits: ExitStack) -> points.Gate:
    quick()
    logging.disable()
    reader.POLL = POLL  # type: ignore[misc]
    reader.RETRY = 0.5 * SCALE  # type: ignore[misc]
    reader.PAGE = 3  # type: ignore[misc]
    outcome.PATIENCE = 30.0 * SCALE  # type: ignore[misc]
    trimmer.PERIOD = 2.0 * SCALE  # type: ignore[misc]
    wrong, right = setup.clock, time.time
    time.time = lambda: right() + wrong
    if setup.mutant:
        exits.enter_context(mutated(MUTANTS[setup.mutant]))
    gate = points.Gate(setup.gate)
    points.install(gate, random.Random(setup.seed))
    hints.install(setup.hints, random.Random(setup.seed))
    return gate


class Answers:
    """What a test asks for."""

    def __init__(
        self, ledger: LedgerInSql, totals: TotalsHere, gate: points.Gate, setup: Setup
    ) -> None:
        self._ledger = ledger
        self._totals = totals
        self._gate = gate
        self._hints = setup.hints

    async def close(self, point: str) -> None:
        """The gate."""
        self._gate.close(point)

    async def lose(self) -> None:
        """All nudges from now on."""
        self._hints.lost = 1.0

    async def read(self) -> dict[str, int]:
        """What this process believes that there is."""
        values = {account: await self._ledger.get(account) for account in ACCOUNTS}
        return values | {"total": await self._totals.total()}

    async def add(self, account: str) -> int:
        """A command that no client is told of."""
        return await self._ledger.add(account, 1)


async def _main(setup: Setup, gate: points.Gate) -> None:
    lines = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(lines), sys.stdin
    )
    db = Database(setup.database, retention=setup.retention)
    async with db, Host(setup.nats, log=db.log(), timing=TIMING) as host:
        ledger = LedgerInSql(db)
        totals = TotalsHere(ledger)
        answers = Answers(ledger, totals, gate, setup)
        await host.serve(ledger)
        await host.serve(totals)
        print(json.dumps({"at": "serves"}), flush=True)

        async def answer(number: int, word: str, *arguments: Any) -> None:
            try:
                said = {"said": await getattr(answers, word)(*arguments)}
            except Exception as error:
                said = {"failed": repr(error)}
            print(json.dumps({"number": number, **said}), flush=True)

        while line := await lines.readline():
            spawn(answer(*json.loads(line)), name="answer")


if __name__ == "__main__":
    setup = Setup.of(sys.argv[1])
    with ExitStack() as exits:
        asyncio.run(_main(setup, _install(setup, exits)))
