"""Scripts of hosts that run commands."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from contextlib import suppress
from typing import Any
from unittest.mock import patch

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from fusionrt import OutcomeUnknown, operation
from fusionrt.sql import outcome
from fusionrt.sql.transaction import Transaction
from tests.holding import held

from ..judge import judge_log
from ..ledger import Effect
from .stage import Stage

__all__ = [
    "answer_lost",
    "committed_late",
    "cut_before_its_row",
    "read_before_commit",
    "read_between_commits",
    "sent_to_another",
    "sent_twice",
]


class _CutError(Exception):
    """The connection is gone."""


async def cut_before_its_row(stage: Stage) -> list[str]:
    """The operation cannot be stored: nothing else may be, either (O1)."""

    async def cut(*_: object) -> Any:
        raise _CutError

    with patch.object(stage.flavour, "store", cut), suppress(_CutError):
        await stage.here.ledger.add("a", 1)
    return await judge_log(stage.truth)


async def read_before_commit(stage: Stage) -> list[str]:
    """What is read while a command waits for COMMIT is not kept after it (O2)."""
    return await _read_while_held(stage, stage.here.ledger.add("a", 1))


async def read_between_commits(stage: Stage) -> list[str]:
    """The same, when all blocks of a command with parts have ended (O19)."""
    return await _read_while_held(stage, stage.here.ledger.both("a", "b"))


async def _read_while_held(stage: Stage, command: Awaitable[object]) -> list[str]:
    with held(Transaction, "commit") as commit:
        running = asyncio.ensure_future(command)
        await commit.reached_by(running)
        await stage.here.read()
        commit.go_on()
        await running
    return await stage.wrong(stage.here)


async def answer_lost(stage: Stage) -> list[str]:
    """COMMIT is done, and its answer is lost (O12)."""
    commit = Transaction.commit

    async def commits(transaction: Transaction) -> None:
        await commit(transaction)
        raise _CutError

    with patch.object(Transaction, "commit", commits):
        try:
            told = await stage.here.ledger.add("a", 1)
        except _CutError:
            told = 0
    return [*await stage.wrong(stage.here), *(["told that it failed"] if told != 1 else [])]


async def committed_late(stage: Stage) -> list[str]:
    """The database is away when it is asked; then it commits all the same (O12)."""
    left: list[AsyncConnection] = []

    async def swallowed(transaction: Transaction) -> None:
        left.append(transaction._let_go())
        raise _CutError

    async def away(*_: object) -> Any:
        raise ConnectionRefusedError

    with (
        patch.object(Transaction, "commit", swallowed),
        patch.object(outcome, "_asked", away),
        patch.object(outcome, "PATIENCE", 0.0),
        suppress(OutcomeUnknown),
    ):
        await stage.here.ledger.add("a", 1)
    await stage.here.read()
    (connection,) = left
    await connection.commit()
    await connection.close()
    await stage.here.reader.catch_up()
    return await stage.wrong(stage.here)


async def sent_to_another(stage: Stage) -> list[str]:
    """A command's host is slow to hear that it has committed. It is sent again, to another one that
    knows; who was told there asks the first one what it reads (D15)."""
    with held(Transaction, "commit", after=True) as committed, operation.once("x"):
        slow = asyncio.ensure_future(stage.here.ledger.add("a", 1))
        await committed.reached_by(slow)
        assert await stage.there.ledger.add("a", 1) == 1
        await asyncio.gather(*stage.here.nudges.missing([stage.mark(stage.there)]))
        wrong = await stage.wrong(stage.here)
        committed.go_on()
        await slow
    return wrong


async def sent_twice(stage: Stage) -> list[str]:
    """With one id, to two hosts: it is done once, and both are told the same (O13)."""
    told = []
    for actor in (stage.here, stage.there):
        with operation.once("the same"):
            told.append(await actor.ledger.add("a", 1))
    async with stage.truth.read() as session:
        done = await session.scalar(select(func.count()).select_from(Effect))
    return [] if (told, done) == ([1, 1], 1) else [f"told {told}, and done {done} times"]
