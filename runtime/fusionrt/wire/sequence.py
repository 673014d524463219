"""The numbers of a host's messages, and what was lost among them (D1)."""

from __future__ import annotations

from enum import Enum, auto

from .envelopes import HostEnvelope
from .frames import Resynced

__all__ = ["Sequence", "Verdict"]


class Verdict(Enum):
    """What to do with a message."""

    NEXT = auto()
    """Act on it."""
    REPEATED = auto()
    """It came already: drop it."""
    SKIPPED = auto()
    """It is not the answer that is waited for: drop it."""
    GAP = auto()
    """One before it is missing: drop it, and resync."""


class Sequence:
    """Where in the sequence of numbers the client is.

    last: all messages up to it are applied, or made up for by a resync.
    resyncing: something was lost, and the host has not said all that makes up for it.
    """

    __slots__ = ("_answering", "_first", "last", "resyncing")

    def __init__(self) -> None:
        self.last = 0
        self.resyncing = False
        self._answering = False  # the answer has begun to arrive: numbers count again
        self._first = 0  # the first question whose answer makes up for what was lost

    @property
    def following(self) -> bool:
        """Whether numbers count; if not, everything up to the answer is dropped anyway."""
        return not self.resyncing or self._answering

    def lost(self, question: int) -> None:
        """Something was lost; the answer to this question, or a later one, will make up for it."""
        if self.following:
            self._first = question
        self.resyncing = True
        self._answering = False

    def restored(self) -> None:
        """The whole answer was applied."""
        self.resyncing = self._answering = False

    def judge(self, envelope: HostEnvelope) -> Verdict:
        """What to do with a message of this session; say `applied` of one that is NEXT."""
        number = envelope.number
        if not self.following:
            if number <= self.last or not self._answers(envelope):
                return Verdict.SKIPPED
            self._answering = True
            self.last = number - 1
        if number <= self.last:
            return Verdict.REPEATED
        return Verdict.NEXT if number == self.last + 1 else Verdict.GAP

    def _answers(self, envelope: HostEnvelope) -> bool:
        """A host opens a message with its answer."""
        first = envelope.frames[0] if envelope.frames else None
        return isinstance(first, Resynced) and first.number >= self._first
