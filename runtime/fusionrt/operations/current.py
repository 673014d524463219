"""`operation`: what the code of a command may say of the operation that it belongs to."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

from ..errors import NotInCommand
from .command import CommandScope
from .operation import Operation

__all__ = ["CurrentOperation", "operation"]


class CurrentOperation:
    """The operation of the command that the running code belongs to.

    Each member raises `NotInCommand` elsewhere.
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

    def _now(self, member: str) -> Operation:
        command = CommandScope.current()
        if command is None:
            raise NotInCommand(f"operation.{member}")
        return command.operation


operation: Final = CurrentOperation()
"""The operation of the command that the running code belongs to."""
