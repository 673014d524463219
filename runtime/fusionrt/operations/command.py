"""Running a command."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, TypeVar

from ..errors import CommandInComputeError
from ..graph import SCOPE, Computed, Isolated, Uncached, run_in
from ..primitives import new_id
from .once import once_id
from .operation import Key, Operation

if TYPE_CHECKING:
    from .committing import Committer

__all__ = ["CommandScope", "check_not_reading", "given_id", "read_fresh", "run_command"]

_T = TypeVar("_T")


class CommandScope(Uncached):
    """The scope of a running command, and of the bodies of compute methods that it calls: the
    cache does not answer, so its reads are fresh.
    """

    __slots__ = ("operation",)

    def __init__(self, operation: Operation, reading: str | None = None) -> None:
        super().__init__(reading)
        self.operation = operation

    def track(self, used: Computed[Any]) -> bool:
        return not self.is_open

    @staticmethod
    def current() -> CommandScope | None:
        """The command that the running code belongs to."""
        scope = SCOPE.get()
        return scope if isinstance(scope, CommandScope) and scope.is_open else None


def given_id() -> str | None:
    """The id that `once` gives the command which is called now; a part of another one has its."""
    return once_id() if CommandScope.current() is None else None


def check_not_reading(name: str) -> None:
    """Raise if the running code belongs to the body of a compute method, isolated or not (G40).

    Raises:
        CommandInComputeError: it does.
    """
    scope = SCOPE.get()
    if isinstance(scope, Isolated):
        scope = scope.around
    if isinstance(scope, Computed) and scope.is_computing:
        raise CommandInComputeError(name, scope.key)
    if isinstance(scope, Uncached) and scope.is_open and scope.reading is not None:
        raise CommandInComputeError(name, scope.reading)


async def run_command(
    operation: Operation,
    body: Callable[[], Awaitable[_T]],
    keys: Callable[[], list[Key]],
    keys_by_result: Callable[[_T], list[Key]],
    committer: Committer,
) -> _T:
    """Run the body, then apply what it invalidates: the keys that it collected and declares.

    operation: a new one.
    keys: evaluates the declared keys that need no result; called once an attempt, when the body has
        ended in whatever way: one that failed, or was given up, may have written before (O20).
    keys_by_result: evaluates the others; called only on success.
    Neither raises. A command inside a command is a part of it: all keys apply at the end of the
    outer one (O15).

    Raises:
        CommandInComputeError: a compute body called it.
    """
    check_not_reading(operation.command)

    async def attempt() -> _T:
        operation.begin()
        try:
            result = await run_in(CommandScope(operation), body)
            operation.keys.extend(keys_by_result(result))
            return result
        except BaseException:
            operation.after.clear()  # also of one whose outer command succeeds without it
            raise
        finally:
            operation.keys.extend(keys())

    outer = CommandScope.current()
    if outer is None:
        return await committer.run(operation, attempt)
    operation.join(outer.operation)
    try:
        return await attempt()
    finally:
        if outer.is_open:
            outer.operation.take(operation)
        else:  # it did not wait for this one, which ends by itself
            operation.leave(new_id())
            await committer.run(operation, _nothing)


async def _nothing() -> None:
    """All was done."""


async def read_fresh(command: CommandScope, method: str, body: Callable[[], Awaitable[_T]]) -> _T:
    """Run the body of a compute method past the cache, as a part of the command that runs."""
    return await run_in(CommandScope(command.operation, reading=method), body)
