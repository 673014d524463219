"""`Behind`: the fences of a session, and the reads that came after them (D15)."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import Final, NamedTuple, TypeAlias

from ...primitives import background
from ...wire.frames import Calls, Mark
from ...wire.host import HostSession
from .servant import one_of

__all__ = ["Behind", "Reflect", "Reflecting"]


class Reflecting(NamedTuple):
    """What a fence waits for.

    held: what the client holds reflects the changes, or false if that is not proven for some of it
        (D6c). others: and so does whatever else may be read for it.
    """

    held: Sequence[Awaitable[bool]]
    others: Sequence[Awaitable[bool]]


Reflect: TypeAlias = Callable[[tuple[Mark, ...], int, bool], Reflecting]
"""What to wait for until what a host serves reflects changes. The number is of the hosts that this
may be passed on by; the last says whether compute calls run for the client."""


class Behind:
    """What waits for a fence to be passed. Commands do not: what they read is fresh.

    A fence is answered when what is held reflects the changes: that waits for nothing that may wait
    for it. Reads wait for all else, too, for their bodies may read anything; but not for fences
    that came after them, or a client that writes all the time would read nothing.

    fences: that reads wait for, in the order in which they came.
    """

    def __init__(
        self,
        wire: HostSession,
        reflect: Reflect,
        start: Callable[[Calls, float], None],
        passed: Callable[[int, bool], None],
    ) -> None:
        """start: begins calls. passed: answers a fence, by whether all is proven."""
        self.fences: Final[dict[int, None]] = {}
        self._came = 0
        self._wire: Final = wire
        self._reflect: Final = reflect
        self._start: Final = start
        self._passed: Final = passed
        self._calls: deque[tuple[int, Calls, float]] = deque()
        """Each with the last fence that came before."""
        self._waiting: set[asyncio.Task[None]] = set()

    def fence(self, number: int, marks: tuple[Mark, ...], hops: int, computing: bool) -> None:
        """A fence came."""
        reflecting = self._reflect(marks, hops, computing)
        if not reflecting.held:
            self._passed(number, True)
            if not reflecting.others:
                return
        self._came += 1
        self.fences[self._came] = None
        task = background(self._wait(number, self._came, reflecting), name="fusion fence")
        self._waiting.add(task)
        task.add_done_callback(self._waiting.discard)

    def hold_back(self, calls: Calls, deadline: float) -> None:
        """Begin these when the fences that there are were passed."""
        self._calls.append((self._came, calls, deadline))

    def clear(self) -> None:
        """Nobody waits any more."""
        self._calls.clear()
        for task in self._waiting:
            task.cancel()

    async def _wait(self, number: int, came: int, reflecting: Reflecting) -> None:
        if reflecting.held:
            self._passed(number, all([await each for each in reflecting.held]))
        for each in reflecting.others:
            await each
        del self.fences[came]
        first = next(iter(self.fences), self._came + 1)
        while self._calls and self._calls[0][0] < first:
            _, calls, deadline = self._calls.popleft()
            for wanted in self._wanted(calls):
                self._start(wanted, deadline)

    def _wanted(self, calls: Calls) -> Iterator[Calls]:
        """Those that were not given up meanwhile (D19)."""
        wanted = [id for id in calls.ids if self._wire.wants(id)]
        if len(wanted) == len(calls.ids):
            yield calls
            return
        for id in wanted:
            yield one_of(calls, id - calls.first)
