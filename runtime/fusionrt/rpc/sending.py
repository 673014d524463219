"""The pace at which the items of a stream leave: a host's, or what a caller sends (D18)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, Final, Protocol

from ..primitives import aclose, clock
from ..wire.frames import Ending
from ..wire.outflow import Outflow

__all__ = ["Newest", "Sender", "Senders", "send_all", "send_items"]

FIRST: Final = 64
"""Items that a body may yield without waiting before other work gets its turn, at first."""
TURN: Final = 0.002
"""Seconds after which others get theirs: a batch that took longer to make is followed by a smaller
one, a full one that took less by a larger one."""

AHEAD: Final = 64
"""Items that a stream which leaves some out may be ahead of its reader: so many that a fast reader
loses none to the way there and back, so few that nobody sends much in vain."""


class Wire(Protocol):
    """An end of a session that sends streams."""

    def stream(self, id: int, /) -> Outflow | None:
        """The books of a stream going on."""

    def item(self, id: int, payload: bytes, /) -> bool:
        """Send the next item. False: it was not taken."""

    def end(self, id: int, failure: Ending | None = None, /) -> None:
        """It is over."""


class Senders:
    """The streams of one session that wait for their readers."""

    def __init__(self, wire: Wire, changed: Callable[[], None]) -> None:
        """changed: there is something to send, at the end of this tick."""
        self.wire: Final = wire
        self.changed: Final = changed
        self.now: Final = clock()
        self._blocked: dict[int, Callable[[], None]] = {}

    def __len__(self) -> int:
        return len(self._blocked)

    def sender(self, id: int, *, newest: bool = False) -> Sender:
        """What sends the items of a stream. newest: those that its reader is too slow for, not."""
        return Newest(self, id) if newest else Sender(self, id)

    def credited(self, id: int) -> None:
        """The reader of a stream took items."""
        blocked = self._blocked.pop(id, None)
        if blocked is not None:
            blocked()

    def when_credited(self, id: int, callback: Callable[[], None]) -> None:
        """Call this once the reader took items."""
        self._blocked[id] = callback

    async def credit(self, id: int) -> None:
        """Wait until the reader took items."""
        taken = asyncio.Event()
        self.when_credited(id, taken.set)
        try:
            await taken.wait()
        finally:
            self.left(id)

    def left(self, id: int) -> None:
        """Nothing waits for the reader of a stream any more."""
        self._blocked.pop(id, None)


class Sender:
    """Sends the items of one stream.

    put: adds the next item to the batch that leaves at the end of this tick. False: there is no
        such batch, or it is full; `item` is to be awaited.
    """

    def __init__(self, senders: Senders, id: int) -> None:
        flow = senders.wire.stream(id)
        self.put: Callable[[bytes], bool] = _refuse if flow is None else flow.put
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

    async def rest(self) -> None:
        """Wait until all that was taken is sent."""

    def end(self, failure: Ending | None = None) -> None:
        """The stream is over. failure: why, if not by its own end."""
        self._senders.wire.end(self._id, failure)
        self._senders.changed()


class Newest(Sender):
    """Sends the items of a stream whose reader wants the newest: while that has some to take, one
    waits here, and a newer one takes its place. The last one always arrives.
    """

    def __init__(self, senders: Senders, id: int) -> None:
        super().__init__(senders, id)
        self.put = _refuse
        self._waiting: bytes | None = None

    async def item(self, payload: bytes) -> bool:
        flow = self._flow
        if flow is None or flow is not self._senders.wire.stream(self._id):
            return False
        if self._waiting is not None:
            flow.skipped += 1
        self._waiting = payload
        self._send()
        await asyncio.sleep(0)  # credit may come, and others have their turn
        return True

    def _send(self) -> None:
        """Send what waits, or see to it that it is sent."""
        senders, flow = self._senders, self._flow
        if self._waiting is None or flow is None or flow is not senders.wire.stream(self._id):
            return
        under_way = flow.next - flow.consumed
        if under_way < AHEAD and senders.wire.item(self._id, self._waiting):
            self._waiting = None
            senders.changed()
        else:
            senders.when_credited(self._id, self._send)

    async def rest(self) -> None:
        while self._waiting is not None and self._flow is self._senders.wire.stream(self._id):
            self._senders.left(self._id)
            await self._senders.credit(self._id)
            self._send()


def _refuse(payload: bytes) -> bool:
    return False


async def send_items(
    items: Callable[[], AsyncIterator[Any]], encode: Callable[[Any], bytes], sender: Sender
) -> None:
    """Send what an iterator gives; then it is closed, whatever ended it. items: makes it."""
    iterator: AsyncIterator[Any] | None = None
    put = sender.put
    try:
        iterator = items()
        async for item in iterator:
            payload = encode(item)
            if not put(payload) and not await sender.item(payload):
                break
    finally:
        await aclose(iterator)


async def send_all(
    sending: Callable[[], Awaitable[None]],
    sender: Sender,
    failure: Callable[[Exception], Ending],
) -> None:
    """Send items, and how that ended.

    sending: sends the items. failure: what is told of its error.
    """
    ending: Ending | None = None
    try:
        await sending()
    except Exception as error:
        ending = failure(error)
    await sender.rest()
    sender.end(ending)
