"""`Board`: who is where, as the hosts of a system tell each other in one table (JetStream KV).

Each host has a record with all who are there by it, and renews it while it lives. Its time is told
by whoever reads it, on a clock of their own, as that of an owner of shards is (D20): a broker tells
nobody when it lets an entry go. So nothing but a record that stands still costs a timer, a host
that dies takes all of its people with it, and renewing costs as much for one as for thousands.
"""

from __future__ import annotations

import asyncio
import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import Final, NamedTuple, Self

import msgspec

from ..errors import BrokerUnavailable, Overloaded
from ..primitives import background, clock, new_id, stop_all
from ..transport import Entry, Outdated, Table
from .people import User

__all__ = ["Board", "Stay"]

RENEWALS: Final = 3
"""In the time after which a host is taken for dead."""
AGAIN: Final = 0.2
"""Seconds after which the table is written again that did not answer."""
LARGEST: Final = 768 * 1024
"""Bytes of a host's record, which travels in one message: some ten thousand people."""
TICK: Final = 0.001
"""Seconds by which a timer may be early, on another clock."""


class Stay(NamedTuple):
    """Somebody is somewhere."""

    place: str
    user: User


class _Heard(NamedTuple):
    """A host's record, since it changed last, on this host's clock."""

    revision: int
    since: float
    stays: frozenset[Stay]


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(frozenset[Stay]).decode


class Board:
    """Open it, and close it.

    places: who is in each, of all hosts. online: the ids of all of them.
    """

    def __init__(
        self, table: Table, ttl: float, changed: Callable[[Iterable[str], Iterable[str]], None]
    ) -> None:
        """ttl: seconds after which a silent host's people are gone. changed: is told the places,
        and the ids of users, of which something else is true from now on.
        """
        self.places: Mapping[str, frozenset[User]] = {}
        self.online: frozenset[str] = frozenset()
        self._table = table
        self._ttl = ttl
        self._changed = changed
        self._id = new_id()
        self._revision = 0
        self._own: Counter[Stay] = Counter()
        self._size = 0
        self._heard: dict[str, _Heard] = {}
        self._now = clock()
        self._news = asyncio.Event()
        self._look_now = asyncio.Event()
        self._closing = False
        self._tasks: list[asyncio.Task[None]] = []

    async def open(self) -> Self:
        """Take part.

        Raises:
            BrokerUnavailable: the broker keeps no tables, or cannot be reached.
        """
        await self._table.open(self._look_now.set)
        self._look()
        self._tasks = [
            background(self._tell(), name="fusion presence"),
            background(self._follow(), name="fusion presence of others"),
        ]
        return self

    async def close(self) -> None:
        """Nobody is there by this host any more."""
        self._closing = True
        self._news.set()
        telling, following = self._tasks
        await telling  # so that it is known which record is the last
        await stop_all([following])
        with suppress(BrokerUnavailable, Outdated):  # the others will find out
            await self._table.delete(self._id, self._revision)
        await self._table.close()

    def came(self, stay: Stay) -> None:
        """Somebody is there, by one more way.

        Raises:
            Overloaded: there are as many by this host as one record holds.
        """
        self._own[stay] += 1
        if self._own[stay] > 1:
            return
        self._size += _size(stay)
        if self._size > LARGEST:
            self.left(stay)
            raise Overloaded("presence", "stay", self._ttl)
        self._renew()

    def left(self, stay: Stay) -> None:
        """By one less."""
        self._own[stay] -= 1
        if not self._own[stay]:
            del self._own[stay]
            self._size -= _size(stay)
            self._renew()

    # -- what this host tells --

    def _renew(self) -> None:
        if not self._closing:  # then all of them are gone
            self._look()
            self._news.set()

    async def _tell(self) -> None:
        while not self._closing:
            self._news.clear()
            pause = self._ttl / RENEWALS
            try:
                self._revision = await self._table.put(
                    self._id, _encode([*self._own]), self._revision
                )
            except Outdated:
                self._mend()
                continue
            except BrokerUnavailable:
                pause = AGAIN
                self._heard.clear()  # others may be silent for the same reason
            with suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._news.wait()

    def _mend(self) -> None:
        """The others took this host for dead; or the answer to its own renewal was lost."""
        known = self._table.entries.get(self._id)
        if known is None:
            self._id = new_id()
        self._revision = 0 if known is None else known.revision

    # -- what the others tell --

    async def _follow(self) -> None:
        while True:
            self._look_now.clear()
            self._look()
            await self._remove_silent()
            with suppress(TimeoutError):
                async with asyncio.timeout(self._next_end()):
                    await self._look_now.wait()

    def _look(self) -> None:
        now = self._now()
        entries = self._table.entries
        self._heard = {
            id: self._hear(id, entry, now) for id, entry in entries.items() if id != self._id
        }
        places: defaultdict[str, set[User]] = defaultdict(set)
        for stay in (*self._own, *self._alive(now)):
            places[stay.place].add(stay.user)
        before, self.places = self.places, {name: frozenset(who) for name, who in places.items()}
        differ = {
            name
            for name in before.keys() | self.places.keys()
            if before.get(name) != self.places.get(name)
        }
        if differ:
            were, self.online = self.online, _ids(self.places)
            self._changed(differ, were ^ self.online)

    def _hear(self, id: str, entry: Entry, now: float) -> _Heard:
        heard = self._heard.get(id)
        if heard is not None and heard.revision == entry.revision:
            return heard
        return _Heard(entry.revision, now, _decode(entry.value))

    def _alive(self, now: float) -> Iterable[Stay]:
        for heard in self._heard.values():
            if now - heard.since < self._ttl:
                yield from heard.stays

    async def _remove_silent(self) -> None:
        now = self._now()
        for id, heard in list(self._heard.items()):
            if now - heard.since >= self._ttl:
                with suppress(BrokerUnavailable, Outdated):  # it lives, or somebody was faster
                    await self._table.delete(id, heard.revision)

    def _next_end(self) -> float | None:
        """Seconds until one of the others may have been silent for too long."""
        ends = [heard.since + self._ttl for heard in self._heard.values()]
        end = min(ends, default=math.inf)
        return None if end == math.inf else max(AGAIN, end - self._now() + TICK)


def _ids(places: Mapping[str, frozenset[User]]) -> frozenset[str]:
    return frozenset(user.id for users in places.values() for user in users)


def _size(stay: Stay) -> int:
    return len(_encode(stay))
