"""Streams of a host: how many are open (D27), and the pace at which their items leave (D18)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from ...primitives import clock
from ...wire.frames import Ending
from ...wire.host import HostSession
from ...wire.outflow import Outflow

__all__ = ["OpenStreams", "Sender", "Senders"]

FIRST: Final = 64
"""Items that a body may yield without waiting before other work gets its turn, at first."""
TURN: Final = 0.002
"""Seconds after which others get theirs: a batch that took longer to make is followed by a smaller
one, a full one that took less by a larger one."""


class OpenStreams:
    """Of all clients together. They take no place of a running call: most of them wait for
    something to tell, some for ever.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._tasks: set[asyncio.Task[None]] = set()

    def __len__(self) -> int:
        return len(self._tasks)

    @property
    def full(self) -> bool:
        """Whether another one must be refused."""
        return len(self._tasks) >= self._most

    def add(self, task: asyncio.Task[None]) -> None:
        """The task of one; it counts until it has ended."""
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


class Senders:
    """The streams of one session that wait for their readers."""

    def __init__(self, wire: HostSession, changed: Callable[[], None]) -> None:
        """changed: there is something to send, at the end of this tick."""
        self.wire: Final = wire
        self.changed: Final = changed
        self.now: Final = clock()
        self._blocked: dict[int, asyncio.Future[None]] = {}

    def __len__(self) -> int:
        return len(self._blocked)

    def sender(self, id: int) -> Sender:
        """What sends the items of a stream."""
        return Sender(self, id)

    def credited(self, id: int) -> None:
        """The reader of a stream took items."""
        blocked = self._blocked.get(id)
        if blocked is not None and not blocked.done():
            blocked.set_result(None)

    async def credit(self, id: int) -> None:
        """Wait until the reader took items."""
        blocked = self._blocked[id] = asyncio.get_running_loop().create_future()
        try:
            await blocked
        finally:
            del self._blocked[id]


class Sender:
    """Sends the items of one stream.

    put: adds the next item to the batch that leaves at the end of this tick. False: there is no
        such batch, or it is full; `item` is to be awaited.
    """

    def __init__(self, senders: Senders, id: int) -> None:
        flow = senders.wire.stream(id)
        self.put: Final[Callable[[bytes], bool]] = _refuse if flow is None else flow.put
        self._flow = flow
        self._senders: Final = senders
        self._id: Final = id
        self._most: Final = 0 if flow is None else flow.at_most
        self._at_most = min(FIRST, self._most)
        self._began = 0.0

    async def item(self, payload: bytes) -> bool:
        """Send the next item once there is room for it. False: nobody reads on, or it cannot be
        sent.

        A body that never waits for anything gives way to others here, after so many items or so
        much time; one that is ahead of its reader waits.
        """
        senders, flow = self._senders, self._flow
        if flow is None:
            return False
        if flow.filling and self._turn_is_over(flow):
            await asyncio.sleep(0)  # the batch leaves
        while flow is senders.wire.stream(self._id) and flow.credit <= 0:
            await senders.credit(self._id)
        if not flow.filling:  # a turn begins
            self._began = senders.now()
        flow.at_most = self._at_most
        taken = senders.wire.item(self._id, payload)
        senders.changed()
        return taken

    def _turn_is_over(self, flow: Outflow) -> bool:
        """A batch takes no more: how long did it take? Large items fill many in one turn."""
        if self._senders.now() - self._began > TURN:
            self._at_most = max(1, self._at_most // 2)
            return True
        if flow.full:
            self._at_most = min(2 * self._at_most, self._most)
        return flow.full

    def end(self, failure: Ending | None = None) -> None:
        """The stream is over. failure: why, if not by its own end."""
        self._senders.wire.end(self._id, failure)
        self._senders.changed()


def _refuse(payload: bytes) -> bool:
    return False
