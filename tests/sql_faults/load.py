"""Clients that send commands with ids of their own, again and again until there is an answer."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from fusionrt import FusionError
from fusionrt.primitives import now

from .contracts import Refusal
from .generated.ledger import LedgerClient
from .generated.totals import TotalsClient
from .ledger import ACCOUNTS

__all__ = ["Asked", "Load"]

TIMEOUT = 3.0
"""Seconds of one call."""


@dataclass
class Asked:
    """One command. result: the first answer; None as long as there is none."""

    id: str
    command: str
    accounts: tuple[str, ...]
    result: tuple[int, ...] | None = None
    tries: int = 0

    @property
    def changes(self) -> tuple[str, ...]:
        """The accounts that it adds to."""
        return () if self.command == "refuse" else self.accounts


@dataclass
class Load:
    """One task of a client.

    seen: the least that each account must have, as this client knows; of all of its tasks.
    budget: seconds in which a command is sent again.
    errors: what calls came to. acknowledged: how many commands.
    """

    client: LedgerClient
    totals: TotalsClient
    name: str
    seen: dict[str, int]
    budget: float
    asked: list[Asked] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    errors: Counter[str] = field(default_factory=Counter)
    acknowledged: int = 0
    ending: bool = False

    async def run(self, seed: int) -> None:
        """Commands and reads of what they wrote, without pause, until the end."""
        source = random.Random(seed)
        while not self.ending:
            asked = self._draw(source)
            self.asked.append(asked)
            began = now()
            await self._try(asked)
            while asked.result is None and now() < began + self.budget:
                await self._try(asked)
            if asked.result is not None:
                self.acknowledged += 1
                await self._read(asked.changes)
                if source.random() < 0.1 and now() < began + self.budget:
                    await self._try(asked)

    def _draw(self, source: random.Random) -> Asked:
        command = source.choices(("add", "both", "refuse"), (6, 3, 1))[0]
        accounts = tuple(source.sample(ACCOUNTS, 2 if command == "both" else 1))
        return Asked(f"{self.name}-{len(self.asked)}", command, accounts)

    async def _try(self, asked: Asked) -> None:
        """Send it; again, it must come to the same (O13)."""
        asked.tries += 1
        client = self.client.with_options(operation=asked.id, timeout=TIMEOUT)
        try:
            result = await self._call(client, asked)
        except Refusal:
            result = ()
        except FusionError as error:
            self.errors[type(error).__name__] += 1
            await asyncio.sleep(0.02)
            return
        if asked.result not in (None, result):
            self._problem(f"O13: {asked} came to {result} when it was sent again")
        asked.result = result
        for account, value in zip(asked.changes, result, strict=True):
            self.seen[account] = max(value, self.seen[account])

    @staticmethod
    async def _call(client: LedgerClient, asked: Asked) -> tuple[int, ...]:
        match asked.command, asked.accounts:
            case "add", (account,):
                return (await client.add(account, 1),)
            case "both", (one, other):
                return await client.both(one, other)
            case _:
                return (await client.refuse(asked.accounts[0]),)

    async def _read(self, accounts: tuple[str, ...]) -> None:
        """D15: what this client wrote it reads, and what is made from it."""
        client = self.client.with_options(timeout=TIMEOUT)
        totals = self.totals.with_options(timeout=TIMEOUT)
        seen = self.seen.copy()
        try:
            for account in accounts:
                self._judge(account, await client.get(account), seen[account])
            self._judge("total", await totals.total(), sum(seen.values()))
        except FusionError as error:
            self.errors[f"{type(error).__name__} of a read"] += 1

    def _judge(self, what: str, read: int, seen: int) -> None:
        if read < seen:
            self._problem(f"D15: {self.name} reads {read} of {what}, and knew of {seen}")

    def _problem(self, problem: str) -> None:
        self.problems.append(problem)

    async def values(self) -> dict[str, Any]:
        """What this client reads of everything."""
        values = {account: await self.client.get(account) for account in ACCOUNTS}
        return values | {"total": await self.totals.total()}
