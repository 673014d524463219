"""How commands come to their end: stored, applied, told, and then what was to be done after it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Protocol, TypeVar

from ..graph import Graph
from ..primitives import asked_to_end, to_its_end
from .applying import Applier
from .nudges import Nudges
from .operation import Fate, Operation, apply
from .stored import stored

__all__ = ["Committer", "HostCommitter", "LocalCommitter"]

_T = TypeVar("_T")
_Attempt = Callable[[], Awaitable[_T]]

_log = logging.getLogger("fusionrt")


class Committer(Protocol):
    """Brings outermost commands to their end."""

    async def run(self, operation: Operation, attempt: _Attempt[_T]) -> _T:
        """Run a command; its keys apply before this returns or raises (O2), but for one of which
        it is known that it changed nothing (O20).
        """


class LocalCommitter:
    """Of a service without a host."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph

    async def run(self, operation: Operation, attempt: _Attempt[_T]) -> _T:
        try:
            return await _once(operation, attempt)
        finally:
            apply(operation, self._graph)
            await _afterwards(operation)


class HostCommitter:
    """Of the services of a host."""

    def __init__(
        self, graph: Graph, applier: Applier, nudges: Nudges, applied: Callable[[], None]
    ) -> None:
        """applied: is called when keys were, and much is left to be done."""
        self._applied = applied
        self._graph = graph
        self._applier = applier
        self._nudges = nudges

    async def run(self, operation: Operation, attempt: _Attempt[_T]) -> _T:
        pending = self._applier.pending
        try:
            log = self._nudges.log
            if log is None:
                return await _once(operation, attempt)
            pending.add(operation.id)
            return await log.run(operation, attempt)
        finally:
            if operation.fate is not Fate.ROLLED_BACK:
                apply(operation, self._graph)
                self._applied()
                told = operation.stored or stored(operation, self._applier.iid)
                self._nudges.tell(told, operation)
            if operation.fate is not Fate.IN_DOUBT:
                pending.discard(operation.id)
            await _afterwards(operation)


async def _once(operation: Operation, attempt: _Attempt[_T]) -> _T:
    """The only attempt at an operation that is stored nowhere."""
    result = await attempt()
    operation.fate = Fate.COMMITTED
    return result


async def _afterwards(operation: Operation) -> None:
    if operation.after and operation.fate is Fate.COMMITTED:
        await to_its_end(_run_after(operation), name=f"fusion after {operation.command}")


async def _run_after(operation: Operation) -> None:
    for callback in operation.after:
        try:
            await callback()
        except (Exception, asyncio.CancelledError) as error:
            if not isinstance(error, Exception) and asked_to_end():
                raise
            _log.exception("%s: what was to be done after it failed", operation.command)
