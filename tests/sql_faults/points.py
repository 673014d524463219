"""Where a command may be when something goes wrong, as a process that serves can be held there.

The runtime knows nothing of it: its methods are wrapped from outside.
"""

from __future__ import annotations

import asyncio
import functools
import json
import os
import random
from collections.abc import Awaitable, Callable
from enum import Enum
from typing import Any

from fusionrt.operations import Fate, Operation
from fusionrt.operations.nudges import Nudges
from fusionrt.sql.commands import Commands
from fusionrt.sql.postgres import Postgres
from fusionrt.sql.reader import Reader
from fusionrt.sql.sqlite import Sqlite
from fusionrt.sql.transaction import Transaction

__all__ = ["Gate", "Point", "install"]


class Point(Enum):
    """How far a command of a host, or its reader, came."""

    BEFORE_ROW = "before its operation is stored"
    BEFORE_COMMIT = "before COMMIT"
    IN_COMMIT = "while it commits"
    COMMITTED = "committed, and not applied"
    APPLIED = "applied, and not told"
    READING = "while the log is read"
    ANY = "at any time"


class Gate:
    """Holds this whole process where it is told to, until its line says a byte."""

    def __init__(self, line: int) -> None:
        self._line = line
        self._closed = ""

    def close(self, point: str) -> None:
        """Hold whoever comes there next."""
        self._closed = point

    def reach(self, *points: Point) -> None:
        """Somebody is there."""
        if any(point.name == self._closed for point in points):
            print(json.dumps({"at": self._closed}), flush=True)
            self._closed = ""
            os.read(self._line, 1)


def install(gate: Gate, source: random.Random) -> None:
    """Put the gate at every point; transactions wait a little before they commit, or do not, so
    that they do so in another order than that of their numbers; and so do reads of the log.
    """
    for flavour in (Postgres, Sqlite):
        _before(flavour, "store", lambda *_: gate.reach(Point.BEFORE_ROW))
    _before(Transaction, "commit", lambda *_: gate.reach(Point.BEFORE_COMMIT, Point.IN_COMMIT))
    _before(Nudges, "tell", lambda *_: gate.reach(Point.APPLIED))
    _before(Reader, "_apply", lambda *_: gate.reach(Point.READING))
    _hold_committed(gate)
    _dawdle(Transaction, "commit", source)
    _dawdle(Reader, "_read", source)


def _before(cls: type, name: str, look: Callable[..., object]) -> None:
    """Async methods, too: that they are called is soon enough."""
    method = getattr(cls, name)

    @functools.wraps(method)
    def looks(*arguments: Any) -> Any:
        look(*arguments)
        return method(*arguments)

    setattr(cls, name, looks)


def _hold_committed(gate: Gate) -> None:
    run = Commands.run

    async def holds(
        self: Commands, operation: Operation, attempt: Callable[[], Awaitable[Any]]
    ) -> Any:
        try:
            return await run(self, operation, attempt)
        finally:
            if operation.fate is Fate.COMMITTED:
                gate.reach(Point.COMMITTED)

    setattr(Commands, "run", holds)  # noqa: B010 - mypy refuses to assign to a method


def _dawdle(cls: type, name: str, source: random.Random) -> None:
    method = getattr(cls, name)

    async def dawdles(self: object) -> None:
        if source.random() < 0.3:
            await asyncio.sleep(source.random() * 0.03)
        await method(self)

    setattr(cls, name, dawdles)
