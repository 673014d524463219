"""What a host still has to say to a client, in order."""

from __future__ import annotations

from typing import Final

from .frames import HostFrame, Invalidated

__all__ = ["HostOutbox"]

_LONGEST_REASON = 500  # characters


class HostOutbox:
    """A list of frames, in which neighbouring invalidations for one reason become one frame."""

    def __init__(self, ids: int) -> None:
        self._ids: Final = ids
        self._frames: list[HostFrame] = []
        self._stale: list[int] = []
        self._reason = ""

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

    def clear(self) -> None:
        """Say none of it."""
        self._frames.clear()
        self._stale.clear()

    def take(self) -> list[HostFrame]:
        """All that is to be said now."""
        self._seal()
        frames = self._frames
        self._frames = []
        return frames

    def _seal(self) -> None:
        if self._stale:
            self._frames.append(Invalidated(tuple(self._stale), self._reason))
            self._stale.clear()
