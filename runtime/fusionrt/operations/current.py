"""`operation`: what the code of a command may say of the operation that it belongs to."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import Final

from ..errors import NotInCommand, OutboxMissing
from .command import CommandScope
from .once import once
from .operation import Operation
from .outbox import Conflict, new_event

__all__ = ["CurrentOperation", "operation"]


class CurrentOperation:
    """The operation of the command that the running code belongs to.

    Each member but `once` raises `NotInCommand` elsewhere.
    """

    @property
    def id(self) -> str:
        """Its id: a retry has the same (D13)."""
        return self._now("id").id

    def after_commit(self, callback: Callable[[], Awaitable[object]]) -> None:
        """Do something once the outermost command has succeeded: it is committed, and its keys are
        applied here. The caller waits for it, but its errors are logged and reach nobody; nothing
        is done after a command that failed, also if the one around it succeeds, or if the process
        dies first: what must not be forgotten is an event.
        """
        self._now("after_commit").after.append(callback)

    async def event(
        self,
        event: object,
        *,
        id: str | None = None,
        after: float | timedelta | datetime = 0.0,
        every: float = 0.0,
        conflict: Conflict = "fail",
    ) -> str:
        """Have something done once this is committed, and not before its time; its id.

        It is stored with what the command writes, or not at all; within `db.begin()` it belongs to
        that block. A host with a handler of its type does it, at least once: see `Host.on`.

        event: an instance of a dataclass, a Struct or a model; it is stored by the name of its
            class, or the class's `__event__`.
        id: makes that one event a single one, as long as it is kept: an hour after it is done.
        after: seconds, or the moment, by the database's clock.
        every: seconds of a window: however many commands ask for it in one, it is done once, at
            its end (or that of the window that `after` leads to), after all of them have committed.
            The id then names what is to be done, and has the window added to it.
        conflict: of an id that is stored already: "fail"; "skip" it; or "update" what it is and
            when it is due, as long as nobody has tried it.

        Raises:
            EventExists: "fail"; or it was tried already, and could not be updated.
            OutboxMissing: the host has no log that keeps events.
            ArgumentError, UnsupportedType: it is none.
        """
        operation = self._now("event")
        new = new_event(event, id, after, every, conflict)
        if operation.transaction is None:
            raise OutboxMissing(operation.command)
        return await operation.transaction.event(new)

    def once(self, id: str) -> AbstractContextManager[None]:
        """Give the command that is called within the block an id: of a service, or a client's.

            async def remind(event: ReminderDue, id: str) -> None:
                with operation.once(id):
                    await self.todos.remind(event.todo)

        Called again with the same id, also by another process, it does not run again: what it
        returned first is the result, as long as operations are kept (O13). Without a log it runs.

        Raises:
            ArgumentError: the id is empty, too long, or has a NUL.
        """
        return once(id)

    def _now(self, member: str) -> Operation:
        command = CommandScope.current()
        if command is None:
            raise NotInCommand(f"operation.{member}")
        return command.operation


operation: Final = CurrentOperation()
"""The operation of the command that the running code belongs to."""
