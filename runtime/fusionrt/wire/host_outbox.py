"""What a host still has to say to one client, and the messages that it becomes (D1, D4, D10)."""

from __future__ import annotations

from typing import Final

from .admission import rejection
from .batch import batches, merged, overhead
from .envelopes import encode_host_envelope
from .frames import HostFrame, Invalidated
from .limits import Limits
from .registry import Registry

__all__ = ["HostOutbox"]

_LONGEST_REASON: Final = 500  # characters


class HostOutbox:
    """Frames in order; neighbours that can be told together become one frame.

    number: of the last message (D1).
    largest: the most bytes that a frame may have.
    """

    def __init__(self, iid: str, gen: int, registry: Registry, limits: Limits) -> None:
        """registry: learns which message carries what."""
        self.number = 0
        self.largest: Final = limits.max_bytes - overhead(iid)
        self._iid: Final = iid
        self._gen: Final = gen
        self._registry: Final = registry
        self._ids: Final = limits.ids
        self._batch_bytes: Final = min(limits.batch_bytes, self.largest)
        self._frames: list[HostFrame] = []
        self._stale: list[int] = []
        self._reason = ""
        self._aside: list[bytes] = []
        self._announcing = False

    def shortened(self, text: str) -> str:
        """So much of a text that a message can carry it."""
        return text[: self.largest // 8]

    def say(self, frame: HostFrame) -> None:
        """Add a frame."""
        self._seal()
        self._frames.append(frame)

    def invalidated(self, id: int, reason: str) -> None:
        """Say that a result is stale, after all that was said before (D4)."""
        reason = reason[:_LONGEST_REASON]
        if reason != self._reason or len(self._stale) >= self._ids:
            self._seal()
            self._reason = reason
        self._stale.append(id)

    def announce(self) -> None:
        """Send a message in any case: it shows the client what number it should have (D10)."""
        self._announcing = True

    def reject(self, reason: str) -> None:
        """Say, outside of the sequence, that there is no such session any more (D2)."""
        self._aside.append(rejection(self._iid, self._gen, reason))

    def clear(self) -> None:
        """Say nothing of what was added."""
        self._frames.clear()
        self._stale.clear()

    def messages(self) -> list[bytes]:
        """All that is to be sent now."""
        self._seal()
        frames, self._frames = self._frames, []
        out, self._aside = self._aside, []
        runs = merged(frames, self._batch_bytes)
        out.extend(self._numbered(batch) for batch in batches(runs, self._batch_bytes))
        if self._announcing and not frames:
            out.append(self._numbered(()))
        self._announcing = False
        return out

    def _numbered(self, frames: tuple[HostFrame, ...]) -> bytes:
        self.number += 1
        for frame in frames:
            self._registry.sent(frame, self.number)
        return encode_host_envelope(self._iid, self._gen, self.number, frames)

    def _seal(self) -> None:
        if self._stale:
            self._frames.append(Invalidated(tuple(self._stale), self._reason))
            self._stale.clear()
