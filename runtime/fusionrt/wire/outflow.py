"""A sender's books of the streams that it sends: a host's, and a client's of what it sends with
calls (D18).

Items that are ready in one tick leave in one frame: they are put into a batch, which becomes a
frame when the session is asked for its messages. Whatever is kept, to be sent again after a loss,
is kept by frame, too; a frame counts against the window until it was consumed to its end.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Final

from .batch import size
from .frames import End, Ending, Items, Reading
from .limits import Limits

__all__ = ["Outflow", "Outflows"]

SHARE: Final = 4
"""A batch takes at most this part of a window: so the reader has credit to give while the next one
is made."""
HEADER: Final = size(Items(0, 0, (b"",))) - size(Items(0, 0, ()))
"""Bytes that an item adds to its own, at most."""
_TOO_LARGE: Final = "an item has {:,} bytes, and {:,} fit into a message: yield smaller ones"


class Outflow:
    """One stream.

    at_most: items of a batch, at most; may be changed between batches.
    next: the index of the next item. consumed: all below were.
    skipped: items that are not sent, for newer ones came. end: the last word, once it was said.
    """

    __slots__ = (
        "_batch",
        "_id",
        "_kept",
        "_kept_bytes",
        "_limits",
        "_room",
        "_room_bytes",
        "_size",
        "at_most",
        "consumed",
        "end",
        "next",
        "skipped",
    )

    def __init__(self, id: int, limits: Limits) -> None:
        self.at_most = limits.items
        self.next = 0
        self.consumed = 0
        self.skipped = 0
        self.end: End | None = None
        self._id: Final = id
        self._limits: Final = limits
        self._kept: deque[tuple[Items, int]] = deque()
        """Frames that were not consumed to their end, and the bytes of their items."""
        self._kept_bytes = 0
        self._batch: list[bytes] = []
        self._size = 0
        """Bytes of the batch, in its frame."""
        self._room = 0
        """Items that the batch may have; none while there is no batch."""
        self._room_bytes = 0

    @property
    def filling(self) -> bool:
        """Whether a batch is open."""
        return self._room > 0

    @property
    def full(self) -> bool:
        """Whether the batch has as many items as it may, whatever their bytes."""
        return len(self._batch) >= self._room > 0

    def put(self, payload: bytes) -> bool:
        """Add the next item to the batch. False: it is full, or there is none.

        Nearly all that an item costs here happens in this call.
        """
        length = self._size + len(payload) + HEADER
        batch = self._batch
        if length > self._room_bytes or len(batch) >= self._room:
            return False
        batch.append(payload)
        self._size = length
        return True

    def begin(self, payload: bytes, most_bytes: int) -> bool:
        """Open a batch with the next item, however large. False: there is no credit.

        most_bytes: of a frame's items; beyond that an item travels alone.
        """
        credit = self.credit
        if credit <= 0:
            return False
        limits = self._limits
        self._room = min(self.at_most, credit, max(1, limits.window // SHARE))
        room_bytes = limits.window_bytes - self._kept_bytes
        self._room_bytes = min(most_bytes, room_bytes, limits.window_bytes // SHARE)
        self._batch.append(payload)
        self._size = len(payload) + HEADER
        return True

    def seal(self) -> Items | None:
        """Close the batch: its frame, which is kept until it was consumed."""
        batch = self._batch
        if not batch:
            return None
        frame = Items(self._id, self.next, tuple(batch), self.skipped)
        length = self._size - HEADER * len(batch)
        self._kept.append((frame, length))
        self._kept_bytes += length
        self.next += len(batch)
        self._batch = []
        self._room = self._room_bytes = self._size = 0
        return frame

    @property
    def credit(self) -> int:
        """How many items may be added now: none if bytes are all that is too many."""
        length = self._size - HEADER * len(self._batch)
        if self._kept_bytes + length >= self._limits.window_bytes:
            return 0
        return self._limits.window - (self.next + len(self._batch) - self.consumed)

    def consume(self, index: int) -> None:
        """The reader took all items below this index."""
        self.consumed = max(self.consumed, min(index, self.next))
        kept = self._kept
        while kept and kept[0][0].index + len(kept[0][0].payloads) <= self.consumed:
            _, length = kept.popleft()
            self._kept_bytes -= length

    def again(self, reading: Reading) -> list[Items] | None:
        """What a reader lacks that is so far; None if that cannot be. Its end is told apart."""
        if not self.consumed <= reading.next <= self.next:
            return None
        self.consume(reading.consumed)
        frames = [frame for frame, _ in self._kept]
        return [frame for frame in frames if frame.index + len(frame.payloads) > reading.next]


class Outflows:
    """All streams of a session, by the ids of their calls.

    filling: those with open batches.
    """

    def __init__(self, limits: Limits, largest: int, say: Callable[[Items | End], None]) -> None:
        """largest: bytes that a frame may have. say: takes what leaves, in this order."""
        self._limits: Final = limits
        self._largest: Final = largest
        self._most_bytes: Final = min(limits.batch_bytes, largest) - size(Items(0, 0, ()))
        self._say: Final = say
        self._flows: dict[int, Outflow] = {}
        self.filling: Final[dict[int, Outflow]] = {}

    def __len__(self) -> int:
        return len(self._flows)

    def open(self, id: int) -> Outflow:
        """A stream is asked for."""
        flow = self._flows[id] = Outflow(id, self._limits)
        return flow

    def get(self, id: int) -> Outflow | None:
        """A stream that goes on, or whose end the reader may not have."""
        return self._flows.get(id)

    def item(self, id: int, payload: bytes) -> bool:
        """Send a stream's next item, together with others of the same tick.

        False: it was not taken, for lack of credit or because the stream is over, which an item
        that no message can carry makes it.
        """
        flow = self._flows.get(id)
        if flow is None or flow.end is not None:
            return False
        if flow.put(payload):
            return True
        if size(Items(id, flow.next, (payload,))) > self._largest:
            problem = _TOO_LARGE.format(len(payload), self._largest)
            self.end(id, Ending("too_large", problem))
            return False
        self._seal(id)
        if not flow.begin(payload, self._most_bytes):
            return False
        self.filling[id] = flow
        return True

    def end(self, id: int, failure: Ending | None = None) -> None:
        """A stream is over; nothing happens if it was already."""
        flow = self._flows.get(id)
        if flow is None or flow.end is not None:
            return
        self._seal(id)
        frame = End(id, flow.next, failure)
        if failure is not None and size(frame) > self._largest:
            frame = End(id, flow.next, Ending(failure.code, failure.message[: self._largest // 8]))
        flow.end = frame
        self._say(frame)

    def _seal(self, id: int) -> None:
        """Close a stream's batch, if there is one."""
        flow = self.filling.pop(id, None)
        frame = None if flow is None else flow.seal()
        if frame is not None:
            self._say(frame)

    def flush(self) -> None:
        """Close all batches."""
        for id in [*self.filling]:
            self._seal(id)

    def drop(self, id: int) -> None:
        """Nobody wants it any more; nothing happens to a call that is no stream."""
        flow = self._flows.pop(id, None)
        if flow is not None and self.filling.pop(id, None) is not None:
            flow.seal()

    def positions(self) -> list[Items | End]:
        """How far each is, in case its last frames were lost on the way."""
        return [flow.end or Items(id, flow.next, ()) for id, flow in self._flows.items()]
