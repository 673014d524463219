"""What happens to a stream, whichever end sends its items (D18, D19)."""

from __future__ import annotations

import msgspec

from .frames import Ending

__all__ = ["Consumed", "Ended", "ItemsReceived", "StreamEvent", "Unread"]


class StreamEvent(msgspec.Struct, frozen=True, gc=False):
    """id: of the call that the stream belongs to."""

    id: int


class ItemsReceived(StreamEvent, frozen=True):
    """The next items of a stream; say `consumed` when the reader took them.

    index: of the first. skipped: items before them that were not sent.
    """

    index: int
    payloads: tuple[bytes, ...]
    skipped: int = 0


class Ended(StreamEvent, frozen=True):
    """A stream is over. failure: why, if not by its own end."""

    failure: Ending | None


class Consumed(StreamEvent, frozen=True):
    """The reader of a stream took items, or is about to: `credit` more may be sent now (D18)."""

    credit: int


class Unread(StreamEvent, frozen=True):
    """Nobody reads the items any more that go with this call: send none (D19)."""
