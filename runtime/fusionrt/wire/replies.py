"""What a host says of the calls of one session."""

from __future__ import annotations

from .batch import overhead, size
from .frames import End, Ending, Failure, Item, Result
from .host_outbox import HostOutbox
from .limits import Limits
from .registry import Registry, Stage

__all__ = ["Replies"]

_TOO_LARGE = "the result does not fit into a message: return less, or a stream"
_ITEM_TOO_LARGE = "an item does not fit into a message: yield smaller ones"


class Replies:
    """The half of a host's session that the room above speaks through."""

    def __init__(self, iid: str, limits: Limits) -> None:
        self._window = limits.window
        self._largest = limits.max_bytes - overhead(iid)
        self._registry = Registry(limits)
        self._outbox = HostOutbox(limits.ids)

    def result(self, id: int, payload: bytes, *, keep: bool = False) -> bool:
        """A call is done. keep: its computed is held until it is invalidated (D3).

        False: nobody wants it any more, or it is too large; hold nothing for it.
        """
        frame = Result(id, payload, keep)
        length = size(frame)
        if length > self._largest:
            self.failure(id, "too_large", _TOO_LARGE)
            return False
        return self._settle(id, frame, length, keep)

    def failure(
        self, id: int, code: str, message: str, data: bytes = b"", *, keep: bool = False
    ) -> bool:
        """A call failed, or a stream before its first item; the rest is as with `result`."""
        frame = Failure(id, code, message, data, keep)
        if size(frame) > self._largest:
            frame = Failure(id, code, message[: self._largest // 8], b"", keep)
        return self._settle(id, frame, size(frame), keep)

    def _settle(self, id: int, frame: Result | Failure, length: int, keep: bool) -> bool:
        entry = self._registry.get(id)
        if entry is None or entry.stage is not Stage.RUNNING:
            return False
        stage = Stage.KEPT if keep else Stage.LEAVING
        self._registry.tell(id, entry, stage, frame, length)
        self._outbox.say(frame)
        return True

    def invalidated(self, id: int, reason: str) -> None:
        """A result is stale; a call that still runs is to be made anew by its client (D4)."""
        entry = self._registry.get(id)
        if entry is not None and entry.stage is not Stage.LEAVING:
            self._registry.withdraw(id, entry)
            self._outbox.invalidated(id, reason)

    def credit(self, id: int) -> int:
        """How many items of a stream may be sent now; 0, too, if nobody reads it (D18)."""
        entry = self._registry.get(id)
        if entry is None or entry.stage is not Stage.RUNNING:
            return 0
        return self._window - (entry.next - entry.consumed)

    def item(self, id: int, payload: bytes) -> bool:
        """Send a stream's next item. False: it was not taken, for lack of credit or of a reader."""
        entry = self._registry.get(id)
        if entry is None or self.credit(id) <= 0:
            return False
        frame = Item(id, entry.next, payload)
        if size(frame) > self._largest:
            self.end(id, Ending("too_large", _ITEM_TOO_LARGE))
            return False
        entry.next += 1
        entry.items.append(frame)
        self._outbox.say(frame)
        return True

    def end(self, id: int, failure: Ending | None = None) -> None:
        """A stream is over; nothing happens if it was already, or nobody reads it."""
        entry = self._registry.get(id)
        if entry is None or entry.stage is not Stage.RUNNING:
            return
        frame = End(id, entry.next, failure)
        if failure is not None and size(frame) > self._largest:
            short = Ending(failure.code, failure.message[: self._largest // 8])
            frame = End(id, entry.next, short)
        self._registry.tell(id, entry, Stage.LEAVING, frame, size(frame))
        self._outbox.say(frame)
