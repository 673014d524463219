"""What hosts write down in one order: records that are kept for a while, and read by all of them.

That is all that an operation log needs of a broker. Over NATS it is a JetStream stream.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import NamedTuple, Protocol

__all__ = ["Appended", "Extent", "Journal", "JournalReader", "Kept", "Record", "Stop"]


class Kept(NamedTuple):
    """How long records are kept, if this process is the one that makes the journal.

    seconds, bytes: whichever is reached first. replicas: brokers of a cluster that have it.
    """

    seconds: float
    bytes: int
    replicas: int = 1


class Extent(NamedTuple):
    """How far a journal is.

    made: tells it from another one that had its name before.
    first, last: the positions of its records; `first` is above `last` if there are none.
    retention: seconds that they are kept; `inf` without a limit.
    """

    made: str
    first: int
    last: int
    retention: float


class Appended(NamedTuple):
    """position: of the record. again: one of this id was there, and nothing was appended."""

    position: int
    again: bool


class Record(NamedTuple):
    """One record, as it is read.

    number: counts those of this reading, from 1, and those that were lost on their way.
    rest: how many came after it when it was sent.
    """

    position: int
    key: str
    payload: bytes
    number: int
    rest: int


class JournalReader(Protocol):
    """Who reads. Called synchronously, in order."""

    @property
    def name(self) -> str:
        """Shown to people who look at the journal's readers."""

    def record(self, record: Record) -> None:
        """The next record."""

    def beat(self, number: int) -> None:
        """There was nothing after record `number` of this reading when this was sent."""


Stop = Callable[[], Awaitable[None]]
"""Ends a reading."""


class Journal(Protocol):
    """One journal, as this process sees it.

    Each method raises `JetStreamUnavailable` if there was no answer in time.
    """

    @property
    def name(self) -> str:
        """Its name at the broker."""

    async def extent(self) -> Extent:
        """How far it is now. It is made if it is not there."""

    async def append(self, key: str, id: str, payload: bytes) -> Appended:
        """Add a record.

        key: of its own, to find it by; letters, digits, `_`, `-` and dots.
        id: of such letters; if one of this id was added in the last two minutes, this one is not.
            So whoever had no answer may say it again.
        """

    async def at(self, position: int) -> bytes | None:
        """The payload of the record there, if there is one."""

    async def newest(self, key: str) -> bytes | None:
        """The payload of the last record of this key, if it is kept yet."""

    async def read(self, after: int, reader: JournalReader, beat: float) -> Stop:
        """Read what comes after a position, now and later, until this connection is lost.

        beat: seconds after which the reader is told that there is nothing, again and again.
        """
