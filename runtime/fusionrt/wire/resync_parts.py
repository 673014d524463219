"""Gathering the parts of a client's resync."""

from __future__ import annotations

from typing import Final

from .frames import Reading, Resync

__all__ = ["ResyncParts"]


class ResyncParts:
    """The lists of the newest resync, as far as they have come."""

    def __init__(self, most: int) -> None:
        self.number = 0
        self.held: list[int] = []
        self.pending: list[int] = []
        self.streams: list[Reading] = []
        self._most: Final = most
        self._next = 0

    def add(self, part: Resync) -> bool:
        """Add a part; true if that completes the lists.

        A part out of turn, or of a resync that was answered, is dropped: the client asks again.
        """
        if part.number > self.number:
            self.number = part.number
            self.held, self.pending, self.streams = [], [], []
            self._next = 0
        if part.number < self.number or part.part != self._next:
            return False
        self._next += 1
        self.held.extend(part.held)
        self.pending.extend(part.pending)
        self.streams.extend(part.streams)
        if len(self.held) + len(self.pending) + len(self.streams) > self._most:
            self.held, self.pending, self.streams = [], [], []
            self._next = -1
            return False
        if part.last:
            self._next = -1
        return part.last
