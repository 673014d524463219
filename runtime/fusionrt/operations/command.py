"""Running a command."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from ..errors import CommandInComputeError
from ..graph import SCOPE, Computed
from ..primitives import new_id
from .operation import Key, Operation, OperationLog

__all__ = ["CommandScope", "run_command"]

_T = TypeVar("_T")


class CommandScope:
    """The scope of a running command: the cache does not answer, so its reads are fresh."""

    __slots__ = ("is_open", "operation")

    def __init__(self, operation: Operation) -> None:
        self.operation = operation
        self.is_open = True
        """False once the command ended: a task that outlives it is no part of it."""

    def track(self, used: Computed[Any]) -> bool:
        return not self.is_open

    @staticmethod
    def current() -> CommandScope | None:
        """The command that the running code belongs to."""
        scope = SCOPE.get()
        return scope if isinstance(scope, CommandScope) and scope.is_open else None


async def run_command(
    name: str,
    body: Callable[[], Awaitable[_T]],
    keys: Callable[[_T], list[Key]],
    log: OperationLog,
    operation_id: str | None = None,
) -> _T:
    """Run the body, then apply what it invalidates: the keys that it collected and declares.

    keys: evaluates the declared keys from the result; called once, and only on success.
    A command inside a command is a part of it: all keys apply at the end of the outer one (O15).
    A command that failed applies what it collected: invalidating too much is safe.

    Raises:
        CommandInComputeError: a compute body called it.
    """
    before = SCOPE.get()
    if isinstance(before, Computed) and before.is_computing:
        raise CommandInComputeError(name, before.key)
    outer = CommandScope.current()
    operation = outer.operation if outer is not None else Operation(operation_id or new_id(), name)
    scope = CommandScope(operation)
    SCOPE.set(scope)
    try:
        result = await body()
        operation.keys.extend(keys(result))
        return result
    finally:
        scope.is_open = False
        SCOPE.set(before)
        if outer is None:
            await log.commit(operation)
