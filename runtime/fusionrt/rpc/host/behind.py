"""`Behind`: the fences of a session, and the reads that came after them (D15)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import Final, TypeAlias

from ...primitives import spawn
from ...wire.frames import Calls, Kind, Mark
from ...wire.host import HostSession
from .servant import one_of

__all__ = ["Behind", "Reflect"]

Reflect: TypeAlias = Callable[[tuple[Mark, ...], int, str], Awaitable[bool] | None]
"""Waits until what a host serves reflects changes; false if that is not proven for some of it
(D6c). None: it does. The number is of the hosts that this may be passed on by, the text the id of
the client that asks."""


class Behind:
    """What waits for a fence to be passed. Commands do not: what they read is fresh."""

    def __init__(
        self,
        wire: HostSession,
        reflect: Reflect,
        start: Callable[[Calls, float], None],
        passed: Callable[[int, bool], None],
    ) -> None:
        """start: begins calls. passed: answers a fence, by whether all is proven."""
        self._wire: Final = wire
        self._reflect: Final = reflect
        self._start: Final = start
        self._passed: Final = passed
        self._calls: list[tuple[Calls, float]] = []
        self._waiting: set[asyncio.Task[None]] = set()

    def fence(self, number: int, marks: tuple[Mark, ...], hops: int) -> None:
        """A fence came."""
        reflected = self._reflect(marks, hops, self._wire.cid)
        if reflected is None:
            self._pass(number, True)
            return
        task = spawn(self._wait(number, reflected), name="fusion fence")
        self._waiting.add(task)
        task.add_done_callback(self._waiting.discard)

    def holds_back(self, calls: Calls, deadline: float) -> bool:
        """Whether these calls have to wait; they begin later, then."""
        if not self._wire.fenced or calls.kind is Kind.COMMAND:
            return False
        self._calls.append((calls, deadline))
        return True

    def clear(self) -> None:
        """Nobody waits any more."""
        self._calls.clear()
        for task in self._waiting:
            task.cancel()

    async def _wait(self, number: int, reflected: Awaitable[bool]) -> None:
        self._pass(number, await reflected)

    def _pass(self, number: int, proven: bool) -> None:
        self._passed(number, proven)
        if self._wire.fenced:
            return
        calls, self._calls = self._calls, []
        for each, deadline in calls:
            for wanted in self._wanted(each):
                self._start(wanted, deadline)

    def _wanted(self, calls: Calls) -> Iterator[Calls]:
        """Those that were not given up meanwhile (D19)."""
        wanted = [id for id in calls.ids if self._wire.wants(id)]
        if len(wanted) == len(calls.ids):
            yield calls
            return
        for id in wanted:
            yield one_of(calls, id - calls.first)
