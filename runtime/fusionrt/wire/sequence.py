"""The numbers of a host's messages, and what was lost among them (D1)."""

from __future__ import annotations

from enum import Enum, auto
from typing import Final

from .envelopes import HostEnvelope
from .frames import Resynced
from .states import ClientInput, ClientState, Machine

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
    """

    __slots__ = ("_first", "_machine", "last")

    def __init__(self, machine: Machine[ClientState, ClientInput]) -> None:
        """machine: the session's; it is told of what is lost, and made up for."""
        self.last = 0
        self._machine: Final = machine
        self._first = 0  # the first question whose answer makes up for what was lost

    @property
    def following(self) -> bool:
        """Whether numbers count; if not, everything up to the answer is dropped anyway."""
        return self._machine.state is not ClientState.RESYNCING

    @property
    def resyncing(self) -> bool:
        """Whether something was lost, and the host has not said all that makes up for it."""
        return self._machine.state in (ClientState.RESYNCING, ClientState.ANSWERED)

    def lost(self, question: int) -> None:
        """Something was lost; the answer to this question, or a later one, will make up for it."""
        if self.following:
            self._first = question
        self._machine.feed("gap")

    def restored(self) -> None:
        """A whole answer was applied."""
        self._machine.feed("resynced")

    def judge(self, envelope: HostEnvelope) -> Verdict:
        """What to do with a message of this session; say `applied` of one that is NEXT."""
        number = envelope.number
        if self._machine.state is ClientState.RESYNCING:
            if number <= self.last or not self._answers(envelope):
                return Verdict.SKIPPED
            self._machine.feed("answer")
            self.last = number - 1
        if number <= self.last:
            return Verdict.REPEATED
        return Verdict.NEXT if number == self.last + 1 else Verdict.GAP

    def _answers(self, envelope: HostEnvelope) -> bool:
        """A host opens a message with its answer."""
        first = envelope.frames[0] if envelope.frames else None
        return isinstance(first, Resynced) and first.number >= self._first
