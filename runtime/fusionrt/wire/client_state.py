"""Where a client session is, and what it hands out."""

from __future__ import annotations

from enum import Enum, auto
from typing import NamedTuple

__all__ = ["ClientStatistics", "Outgoing", "State"]


class State(Enum):
    """Where a client session is."""

    HELLO = auto()
    OPEN = auto()
    RESYNCING = auto()
    """Something was lost: nothing is believed until the host has compared notes."""
    GONE = auto()


class Outgoing(NamedTuple):
    """A message to send. iid: to this instance's subject; None: to where hosts are found."""

    iid: str | None
    data: bytes


class ClientStatistics(NamedTuple):
    """Counts since the session began; `registered` is of now.

    foreign: messages of other sessions. damaged: frames that did not decode. repeated: messages
    that had come already. skipped: messages dropped at a gap, and until it was made up for.
    """

    received: int
    foreign: int
    damaged: int
    repeated: int
    skipped: int
    resyncs: int
    registered: int
