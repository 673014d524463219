"""A reader's books of the streams that it reads: a client's, and a host's of what clients send
with calls (D18).

They are kept by frame: an item by itself costs nothing here. What the sender may have sent beyond
what was consumed is bounded by a count and by bytes, so a frame's size is remembered until its
reader has come to it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from enum import Enum, auto
from typing import Final

from .frames import Credit, Items, Reading
from .limits import Limits

__all__ = ["Inflow", "Inflows", "Taken"]

SHARE: Final = 4
"""Credit is told when the reader took this part of a window: often enough that the sender need not
wait, seldom enough that it costs nothing."""


class Taken(Enum):
    """What became of items that came."""

    WHOLE = auto()
    GAP = auto()
    """Some before them are missing: nothing was taken."""
    OVERRUN = auto()
    """More was sent than may be: what might have been sent was taken."""


class Inflow:
    """One stream.

    next: the index awaited. consumed: all below were. credited: as far as the sender was told.
    """

    __slots__ = (
        "_bytes",
        "_frames",
        "_limits",
        "_open",
        "_uncredited",
        "consumed",
        "credited",
        "next",
    )

    def __init__(self, limits: Limits) -> None:
        self.next = 0
        self.consumed = 0
        self.credited = 0
        self._limits: Final = limits
        self._frames: deque[tuple[int, int]] = deque()
        """First index and bytes of those that the reader has not come to."""
        self._bytes = 0
        """Of these frames. The sender counts one until it was read to its end, so never less."""
        self._open = 0
        """Bytes of the frame that the reader is in."""
        self._uncredited = 0
        """Bytes of frames that were read to their ends since the sender was told."""

    def room_for(self, payloads: tuple[bytes, ...]) -> tuple[int, int]:
        """How many of these may be sent now, and their bytes (`Limits.window_bytes`)."""
        room = self.consumed + self._limits.window - self.next
        room_bytes = self._limits.window_bytes - self._bytes
        total = sum(map(len, payloads))
        if len(payloads) <= room and total <= room_bytes:
            return len(payloads), total
        count = total = 0
        for payload in payloads[:room]:
            if total >= room_bytes:
                break
            count += 1
            total += len(payload)
        return count, total

    def receive(self, count: int, size: int) -> None:
        """So many items came, with so many bytes."""
        self._frames.append((self.next, size))
        self._bytes += size
        self.next += count

    def consume(self, index: int) -> bool:
        """All items up to this index were consumed; whether it is time to tell the sender."""
        if not self.consumed <= index < self.next:
            return False
        self.consumed = index + 1
        frames = self._frames
        while frames and frames[0][0] <= index:
            self._uncredited += self._open
            _, self._open = frames.popleft()
            self._bytes -= self._open
        if self.consumed == (frames[0][0] if frames else self.next):
            self._uncredited += self._open
            self._open = 0
        return (
            self.consumed - self.credited >= self._limits.window // SHARE
            or self._uncredited >= self._limits.window_bytes // SHARE
        )

    def credit(self, id: int) -> Credit:
        """What the sender is told now."""
        self.credited = self.consumed
        self._uncredited = 0
        return Credit(id, self.consumed)


class Inflows:
    """All streams of a session, by the ids of their calls."""

    def __init__(self, limits: Limits) -> None:
        self._limits: Final = limits
        self._flows: dict[int, Inflow] = {}
        self._creditable: set[int] = set()

    def open(self, id: int) -> None:
        """A stream is asked for."""
        self._flows[id] = Inflow(self._limits)

    def drop(self, id: int) -> None:
        """It is over, or nobody reads it; nothing happens to a call that is no stream."""
        if self._flows.pop(id, None) is not None:
            self._creditable.discard(id)

    def __contains__(self, id: int) -> bool:
        return id in self._flows

    def begun(self, id: int) -> bool:
        """Whether items of it have come."""
        flow = self._flows.get(id)
        return flow is not None and flow.next > 0

    def complete(self, id: int, count: int) -> bool:
        """Whether so many items of it have come."""
        return count <= self._flows[id].next

    def receive(self, frame: Items) -> tuple[Taken, int, tuple[bytes, ...]]:
        """Items came: from which index on they are new, and those that were taken."""
        flow = self._flows[frame.id]
        index = flow.next
        if frame.index > index:
            return Taken.GAP, index, ()
        payloads = frame.payloads[index - frame.index :]
        count, size = flow.room_for(payloads)
        if count:
            flow.receive(count, size)
        if count < len(payloads):
            return Taken.OVERRUN, index, payloads[:count]
        return Taken.WHOLE, index, payloads

    def consume(self, id: int, index: int, at_once: bool = False) -> bool:
        """The reader took the items up to this index; whether its sender is to be told."""
        flow = self._flows.get(id)
        if flow is None or not (flow.consume(index) or (at_once and flow.consumed > flow.credited)):
            return False
        self._creditable.add(id)
        return True

    def credits(self) -> list[Credit]:
        """What the senders of streams must know to go on."""
        if not self._creditable:
            return []
        told = [self._flows[id].credit(id) for id in sorted(self._creditable)]
        self._creditable.clear()
        return told

    def all_credits(self) -> list[Credit]:
        """The same for every stream, in case one was lost on the way."""
        return [flow.credit(id) for id, flow in self._flows.items() if flow.consumed]

    def reading(self, id: int) -> Reading:
        """How far a stream was read."""
        flow = self._flows[id]
        return Reading(id, flow.next, flow.consumed)

    def __len__(self) -> int:
        return len(self._flows)

    def __iter__(self) -> Iterator[int]:
        return iter(self._flows)
