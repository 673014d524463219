"""`Guard`: the transaction of a command ends when that has ended, and by nothing else (O1, O19).

A statement that would end it is refused before it runs, by its text. That cannot tell all: what
was said to the driver itself, a conflict clause that rolls back. So before each statement, which
would be committed by itself then, the driver is asked whether there is a transaction: it knows that
from the database's last answer.
"""

from __future__ import annotations

import re
from typing import Any, Final

from sqlalchemy import event as events
from sqlalchemy.engine import Connection
from sqlalchemy.ext.asyncio import AsyncConnection

from ..errors import FrameworkError
from .flavour import Flavour

__all__ = ["Guard", "ended_within"]

_ENDS: Final = re.compile(
    r"(?:\s|;|--[^\n]*\n|/\*.*?\*/)*+"
    r"(?:COMMIT|END|ABORT|PREPARE\s+TRANSACTION|ROLLBACK(?!(?:\s+(?:WORK|TRANSACTION))?\s+TO\b))\b",
    re.IGNORECASE | re.DOTALL,
)
_HINT: Final = "what a command writes is committed when it has succeeded, so leave that out"


def ended_within() -> FrameworkError:
    """What is raised when nothing can be undone any more."""
    return FrameworkError(f"the transaction of a command was ended within it: {_HINT}")


class Guard:
    """Of one connection, which has just begun its transaction."""

    def __init__(self, connection: AsyncConnection, flavour: Flavour) -> None:
        assert connection.sync_connection is not None
        self._connection: Final = connection.sync_connection
        self._flavour: Final = flavour
        self._has_run = False  # only with a statement does asyncpg begin
        self._has_ended = False
        self._on = True
        events.listen(self._connection, "commit", self._check_commit)
        events.listen(self._connection, "rollback", self._look)
        events.listen(self._connection, "before_cursor_execute", self._check_statement)

    def release(self) -> None:
        """Its end has come."""
        self._on = False

    def has_ended(self) -> bool:
        """Whether something else has ended it, so that it may have been committed."""
        connection = self._connection
        if self._has_run and not (connection.closed or connection.invalidated):
            driver = connection.connection.driver_connection
            open = self._flavour.in_transaction(driver) or not connection.in_transaction()
            self._has_ended = self._has_ended or not open
        return self._has_ended

    def _check_statement(self, _: Connection, cursor: Any, statement: str, *more: Any) -> None:
        if _ENDS.match(statement):
            raise FrameworkError(
                f"a command's session was told {statement.strip()[:60]!r}, which would end its "
                f"transaction: {_HINT}"
            )
        if self.has_ended():
            raise ended_within()
        self._has_run = True

    def _look(self, _: Connection) -> None:
        self.has_ended()

    def _check_commit(self, connection: Connection) -> None:
        if self._on:
            connection.invalidate()  # the pool would take it for one that has no transaction
            raise FrameworkError(
                f"the connection of a command's session was told to commit: {_HINT}"
            )
