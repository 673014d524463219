"""An operation log in memory, which hosts of one process share: the least that keeps its promises.

Bodies write by `transaction()`, into what the log takes for its database.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

from fusionrt import OutboxMissing, OutcomeUnknown
from fusionrt.operations import (
    CommandScope,
    EventHandler,
    Fate,
    Follower,
    LogStatistics,
    NewEvent,
    Operation,
    StoredOperation,
    stored,
)
from fusionrt.primitives import new_id, to_its_end

__all__ = ["Conflict", "MemoryLog", "OpenMemoryLog", "Transaction", "transaction"]

_T = TypeVar("_T")


class Conflict(Exception):
    """Others were in the way: all is rolled back, and another attempt may help."""


@dataclass
class Transaction:
    """What one attempt wrote; nothing has begun before the first."""

    writes: dict[str, int] = field(default_factory=dict)

    async def event(self, event: NewEvent) -> str:
        """See `Outbox`."""
        raise OutboxMissing(event.type)


def transaction() -> Transaction:
    """Of the command that runs."""
    command = CommandScope.current()
    assert command is not None
    found = command.operation.transaction
    assert isinstance(found, Transaction)
    return found


@dataclass
class MemoryLog:
    """data: the database. rows: what is stored, in the order of the commits.

    may_commit: COMMIT waits for it. in_doubt: nobody learns what became of a COMMIT.
    conflicts: how many COMMITs are refused. may_read: readers wait for it.
    """

    data: dict[str, int]
    name: str = "memory"
    rows: list[StoredOperation] = field(default_factory=list)
    opened: list[OpenMemoryLog] = field(default_factory=list)
    may_commit: asyncio.Event = field(default_factory=asyncio.Event)
    may_read: asyncio.Event = field(default_factory=asyncio.Event)
    in_doubt: bool = False
    conflicts: int = 0
    committing: int = 0

    def __post_init__(self) -> None:
        self.may_commit.set()
        self.may_read.set()

    @asynccontextmanager
    async def open(self, follower: Follower) -> AsyncIterator[OpenMemoryLog]:
        """See `OperationLog.open`."""
        made = OpenMemoryLog(self, follower, len(self.rows))
        self.opened.append(made)
        yield made


@dataclass(eq=False)
class OpenMemoryLog:
    """position: how many rows it has applied. behind: it finds out that it missed something.

    checks, reads: how often it was asked to. transactions: of the attempts that it ran.
    """

    log: MemoryLog
    follower: Follower
    position: int
    behind: bool = False
    checks: int = 0
    reads: int = 0
    retried: int = 0
    transactions: list[Transaction] = field(default_factory=list)

    @property
    def name(self) -> str:
        """See `OpenLog`."""
        return self.log.name

    async def run(self, operation: Operation, attempt: Callable[[], Awaitable[_T]]) -> _T:
        """See `OpenLog.run`."""
        while True:
            first = self._find(operation) if operation.repeats else None
            if first is not None:
                result: _T = self._again(operation, first)
                return result
            try:
                return await self._once(operation, attempt)
            except Conflict:
                self.retried += 1

    def _find(self, operation: Operation) -> StoredOperation | None:
        return next((row for row in self.log.rows if row.id == operation.id), None)

    def _again(self, operation: Operation, first: StoredOperation) -> Any:
        assert first.result is not None
        self.follower.apply(first)
        operation.stored, operation.fate = first, Fate.COMMITTED
        return operation.codec.decode(first.result)

    async def _once(self, operation: Operation, attempt: Callable[[], Awaitable[_T]]) -> _T:
        writing = operation.transaction = Transaction()
        self.transactions.append(writing)
        try:
            result = await attempt()
            operation.result = operation.encoded(result)
        except BaseException:
            if writing.writes:
                operation.fate = Fate.ROLLED_BACK
            elif operation.keys and not operation.transient:
                left = stored(operation, self.follower.iid)
                self.log.rows.append(StoredOperation(new_id(), left.iid, left.command, left.keys))
            raise
        await to_its_end(self._commit(operation, writing), name="commit")
        return result

    async def _commit(self, operation: Operation, writing: Transaction) -> None:
        self.log.committing += 1
        await self.log.may_commit.wait()
        if self.log.conflicts:
            self.log.conflicts -= 1
            operation.fate = Fate.ROLLED_BACK
            raise Conflict
        if self.log.in_doubt:
            raise OutcomeUnknown(operation.command, "the database is gone")
        self.log.data.update(writing.writes)
        if not operation.transient:
            operation.stored = stored(operation, self.follower.iid)
            self.log.rows.append(operation.stored)
        operation.fate = Fate.COMMITTED

    async def catch_up(self) -> None:
        """See `OpenLog.catch_up`."""
        self.reads += 1
        await self.log.may_read.wait()
        while self.position < len(self.log.rows):
            self.follower.apply(self.log.rows[self.position])
            self.position += 1

    def check(self) -> None:
        """See `OpenLog.check`."""
        self.checks += 1
        if self.behind:
            self.behind = False
            self.follower.lost("it was stopped for too long")

    def handle(self, handler: EventHandler) -> None:
        """See `OpenLog.handle`."""
        raise OutboxMissing(handler.name)

    def statistics(self) -> LogStatistics:
        """See `OpenLog`."""
        return LogStatistics(stored=len(self.log.rows), retried=self.retried)
