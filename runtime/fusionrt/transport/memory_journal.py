"""Journals of the broker in memory, with the faults of its network."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Final, NamedTuple, TypeVar

from ..errors import BrokerUnavailable, JetStreamUnavailable
from ..primitives import now
from .journal import Appended, Extent, JournalReader, Kept, Record, Stop

if TYPE_CHECKING:
    from .memory import MemoryTransport

__all__ = ["MemoryJournal", "MemoryStream"]

_T = TypeVar("_T")


class _Entry(NamedTuple):
    time: float
    key: str
    id: str
    payload: bytes


class MemoryStream:
    """A journal, at the broker, with what may happen to it there."""

    def __init__(self) -> None:
        self.entries: dict[int, _Entry] = {}
        """By position."""
        self.readings: dict[_Reading, None] = {}
        self._ids: dict[str, int] = {}
        self._last = 0
        self._made = 0
        self._kept: Kept | None = None

    @property
    def is_there(self) -> bool:
        """Whether somebody made it, and nobody deleted it."""
        return self._kept is not None

    def make(self, kept: Kept) -> None:
        """Be there, if it is not."""
        if self._kept is None:
            self._kept = kept
            self._made += 1

    def delete(self) -> None:
        """Be gone, with all records and readings."""
        self.forget(self._last)
        self._kept = None

    def purge(self) -> None:
        """Forget all records, and nothing else."""
        self.entries.clear()

    def forget(self, count: int) -> None:
        """Lose the last records as if they had never been there; readings end."""
        for position in range(self._last - count + 1, self._last + 1):
            entry = self.entries.pop(position, None)
            if entry is not None:
                self._ids.pop(entry.id, None)
        self._last -= count
        self.readings.clear()

    def extent(self) -> Extent:
        """See `Journal`."""
        self._trim()
        first = next(iter(self.entries), self._last + 1)
        return Extent(str(self._made), first, self._last, self._seconds)

    def append(self, key: str, id: str, payload: bytes) -> Appended | None:
        """See `Journal`; None if it is not there."""
        self._trim()
        if not self.is_there:
            return None
        if id in self._ids:
            return Appended(self._ids[id], True)
        self._last += 1
        self._ids[id] = self._last
        self.entries[self._last] = _Entry(now(), key, id, payload)
        for reading in self.readings:
            reading.go_on()
        return Appended(self._last, False)

    def at(self, position: int) -> bytes | None:
        """See `Journal`."""
        self._trim()
        return self.entries[position].payload if position in self.entries else None

    def newest(self, key: str) -> bytes | None:
        """See `Journal`."""
        self._trim()
        found = (entry.payload for entry in reversed(self.entries.values()) if entry.key == key)
        return next(found, None)

    def after(self, position: int) -> list[tuple[int, _Entry]]:
        """The entries after a position."""
        later = range(position + 1, self._last + 1)
        return [(each, self.entries[each]) for each in later if each in self.entries]

    @property
    def _seconds(self) -> float:
        return math.inf if self._kept is None else self._kept.seconds

    def _trim(self) -> None:
        oldest = now() - self._seconds
        while self.entries:
            position, entry = next(iter(self.entries.items()))
            if entry.time >= oldest:
                break
            del self.entries[position], self._ids[entry.id]


class MemoryJournal:
    """See `Journal`."""

    def __init__(
        self, name: str, stream: MemoryStream, kept: Kept, transport: MemoryTransport
    ) -> None:
        self.name: Final = name
        self._stream = stream
        self._kept = kept
        self._transport = transport

    async def extent(self) -> Extent:
        """See `Journal`."""

        def ask() -> Extent:
            self._stream.make(self._kept)
            return self._stream.extent()

        return await self._asked(ask)

    async def append(self, key: str, id: str, payload: bytes) -> Appended:
        """See `Journal`."""
        appended = await self._asked(partial(self._stream.append, key, id, payload))
        if appended is None:
            raise JetStreamUnavailable(self.name, "it is not there")
        return appended

    async def at(self, position: int) -> bytes | None:
        """See `Journal`."""
        return await self._asked(partial(self._stream.at, position))

    async def newest(self, key: str) -> bytes | None:
        """See `Journal`."""
        return await self._asked(partial(self._stream.newest, key))

    async def read(self, after: int, reader: JournalReader, beat: float) -> Stop:
        """See `Journal`."""
        reading = _Reading(self._stream, self._transport, after, reader, beat)
        if not await self._asked(reading.start):
            raise JetStreamUnavailable(self.name, "it is not there")
        return reading.stop

    async def _asked(self, ask: Callable[[], _T]) -> _T:
        try:
            return await self._transport.asked(ask)
        except BrokerUnavailable as error:
            raise JetStreamUnavailable(self.name, error.problem) from None


class _Reading:
    """What the broker sends to one reader, as long as that is connected."""

    def __init__(
        self,
        stream: MemoryStream,
        transport: MemoryTransport,
        after: int,
        reader: JournalReader,
        beat: float,
    ) -> None:
        self._stream = stream
        self._transport = transport
        self._after = after
        self._reader = reader
        self._beat = beat
        self._number = 0
        self._stopped = False

    def start(self) -> bool:
        """At the broker; an answer that is lost leaves it there until its client has gone."""
        if self._stream.is_there:
            self._stream.readings[self] = None
            self.go_on()
            self._later()
        return self._stream.is_there

    def go_on(self) -> None:
        """Send what is new."""
        new = self._stream.after(self._after)
        for rest, (position, entry) in zip(range(len(new) - 1, -1, -1), new, strict=True):
            self._number, self._after = self._number + 1, position
            record = Record(position, entry.key, entry.payload, self._number, rest)
            self._say(partial(self._reader.record, record))

    def _tick(self) -> None:
        if not self._transport.connected:
            self._stream.readings.pop(self, None)
        if self in self._stream.readings:
            self._say(partial(self._reader.beat, self._number))
            self._later()

    def _later(self) -> None:
        asyncio.get_running_loop().call_later(self._beat, self._tick)

    def _say(self, word: Callable[[], None]) -> None:
        self._transport.hear(lambda: None if self._stopped else word(), faulty=True)

    async def stop(self) -> None:
        """At the reader."""
        self._stopped = True
        self._stream.readings.pop(self, None)
