"""`Following`: applies what other hosts store, in order, and knows when it may have missed some."""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Callable
from typing import Final, NamedTuple

import msgspec

from ...errors import BrokerUnavailable
from ...primitives import background, now, process_name, spawn, stop_all
from ...seldom import Seldom
from ...transport import Extent, Journal, Listener, Record, Stop
from ..lagging import LAG, tell_of_lag
from ..log import Follower
from ..stored import StoredOperation
from .keys import LOST

__all__ = ["Following"]

BEAT: Final = 1.0
"""Seconds after which JetStream says that there is nothing new; less if retention is short."""
AGAIN: Final = 0.1
"""Seconds after which a stream that could not be read is read again."""

_log = logging.getLogger("fusionrt")


class _Place(NamedTuple):
    """Where a reader is. payload: of the record there, which another journal would not have."""

    made: str
    position: int
    payload: bytes | None


class Following(Listener):
    """Reads one journal for one host.

    It asks how far the journal is before each reading, and reads on from where it is; if that is
    not the journal that it knows, or what comes next is not kept any more, all is invalidated.

    applied: operations of other hosts.
    history_lost: called when the journal has lost what it had acknowledged: other readers may have
        been behind, and cannot see that.
    """

    def __init__(
        self, journal: Journal, follower: Follower, history_lost: Callable[[Extent], None]
    ) -> None:
        self.applied = 0
        self._seldom: Final = Seldom(_log)
        self._journal: Final = journal
        self._follower: Final = follower
        self._history_lost: Final = history_lost
        self._place: _Place | None = None
        self._retention = math.inf
        self._current = now()
        self._heard = self._current
        self._ear: _Ear | None = None
        self._stop: Stop | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._reads = asyncio.Event()
        self._stopped = asyncio.Event()
        self._linked = asyncio.Event()
        self._asking = asyncio.Lock()
        self._next: asyncio.Task[None] | None = None
        """Has not asked yet: it is everybody's who comes before it does."""
        self._waiting: dict[asyncio.Future[None], int] = {}
        """Until this position is applied."""

    @property
    def lag(self) -> float:
        """Seconds since it last knew that it had applied all there was."""
        return now() - self._current

    async def open(self) -> None:
        """Take the position, and read from there.

        Raises:
            JetStreamUnavailable: there is no answer, or none that serves.
        """
        await self._read()
        self._follower.transport.add_listener(self)
        self._tasks.add(background(self._keep_reading(), f"follow {self._journal.name}"))
        telling = tell_of_lag(f"the operation log {self._journal.name}", lambda: self.lag, LAG)
        self._tasks.add(background(telling, f"lag of {self._journal.name}"))

    async def close(self) -> None:
        """Read no more."""
        if self._tasks:  # it was opened
            self._follower.transport.remove_listener(self)
            await stop_all(self._tasks)
        if self._stop is not None:
            await self._stop()

    async def reading(self, patience: float) -> bool:
        """Whether it reads, or does within these seconds."""
        try:
            async with asyncio.timeout(patience):
                await self._reads.wait()
        except TimeoutError:
            return False
        return True

    def check(self) -> None:
        """See `OpenLog`. What was sent to this process while it was stopped may say that it is
        current; so it counts for half of the retention only.
        """
        if self.lag > self._retention / 2:
            self._lose("nothing was heard of it for half of the time that operations are kept")

    async def catch_up(self) -> None:
        """See `OpenLog`. While the broker is away this waits for it. Whoever asks while somebody
        else is answered shares the next answer.
        """
        if self._next is None:
            self._next = spawn(self._catch_up_next(), f"catch up {self._journal.name}")
            self._tasks.add(self._next)
            self._next.add_done_callback(self._tasks.discard)
        await asyncio.shield(self._next)

    async def _catch_up_next(self) -> None:
        async with self._asking:
            self._next = None
            await self._catch_up()

    async def _catch_up(self) -> None:
        while True:
            await self._reads.wait()
            place, began = self._place, now()
            assert place is not None
            try:
                extent = await self._journal.extent()
            except BrokerUnavailable:
                self.doubt()
                continue
            if extent.made == place.made and extent.last >= place.position:
                await self._reach(extent.last)
                self._current = max(self._current, began)
                return
            self.doubt()

    def doubt(self) -> None:
        """Stop this reading, and look at the journal again."""
        self._ear = None
        self._reads.clear()
        self._stopped.set()

    # -- one reading after the other --

    async def _keep_reading(self) -> None:
        told = False
        while True:
            await self._until_stopped()
            self._stopped.clear()
            self._linked.clear()
            try:
                await self._read()
                told = False
            except BrokerUnavailable as problem:
                self._stopped.set()
                if not told:
                    _log.warning("what other hosts store is not read: %s", problem)
                told = True
                await _within(AGAIN, self._linked)

    async def _until_stopped(self) -> None:
        silence = 2.5 * self._beat
        while not self._stopped.is_set():
            if not await _within(silence, self._stopped) and now() - self._heard > silence:
                self.doubt()

    async def _read(self) -> None:
        if self._stop is not None:
            stop, self._stop = self._stop, None
            await stop()
        began, extent = now(), await self._journal.extent()
        self._retention = extent.retention
        if self._place is None:
            self._place = await self._end_of(extent)
        elif why := await self._missing(extent, self._place):
            self._place = await self._end_of(extent)
            self._lose(why)
        if extent.last == self._place.position:
            self._current = max(self._current, began)
        ear = self._ear = _Ear(self)
        self._heard = now()
        made, position, _ = self._place
        self._stop = await self._journal.read(position, ear, self._beat)
        begun = await self._journal.extent()
        if begun.made == made and begun.last >= position:
            self._reads.set()
        else:  # it was made anew just before this reading, which would wait for what never comes
            self.doubt()

    async def _end_of(self, extent: Extent) -> _Place:
        is_there = extent.first <= extent.last != 0
        payload = await self._journal.at(extent.last) if is_there else None
        return _Place(extent.made, extent.last, payload)

    async def _missing(self, extent: Extent, place: _Place) -> str:
        """Why what comes after this place may not be there, or may not be all; else nothing."""
        if extent.made != place.made:
            return "it was made anew"
        if extent.first > place.position + 1:
            return "what was not read is not kept any more"
        if extent.last >= place.position and (
            extent.first > place.position  # what was read is not kept, and all that came after
            or place.position == 0
            or await self._journal.at(place.position) == place.payload
        ):
            return ""
        self._history_lost(extent)
        return "it has lost what it had acknowledged"

    @property
    def _beat(self) -> float:
        return min(BEAT, max(0.1, self._retention / 10))

    # -- what is read --

    def came(self, record: Record) -> None:
        """The next record of this reading."""
        assert self._place is not None
        if record.position != self._place.position + 1:
            self._lose("some of it is gone that was not read")
        self._place = _Place(self._place.made, record.position, record.payload)
        self._apply(record)
        if record.rest == 0:
            self.nothing_left()
        self._heard = now()
        for waiter, position in list(self._waiting.items()):
            if position <= record.position:
                _settle(waiter)

    def nothing_left(self) -> None:
        """All there was is applied."""
        self.check()
        self._current = self._heard = now()

    def _apply(self, record: Record) -> None:
        try:
            told = StoredOperation.decode(record.payload)
        except (msgspec.MsgspecError, ValueError, RecursionError):
            self._lose("it has a record that cannot be read here")
            return
        if not self._follower.needs(told.iid, told.id):
            return
        if record.key == LOST:
            self._lose(f"host {told.iid} found that it has lost what it had acknowledged")
            return
        self._follower.apply(told)
        self.applied += 1

    def _lose(self, why: str) -> None:
        """Invalidate everything; what is read from now on is as new as it can be."""
        self._seldom.warning(
            "all results are invalidated; the operation log %s: %s", self._journal.name, why
        )
        self._current = now()
        self._follower.lost(f"the operation log {self._journal.name}: {why}")
        for waiter in self._waiting:
            _settle(waiter)

    async def _reach(self, position: int) -> None:
        assert self._place is not None
        if self._place.position < position:
            reached: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiting[reached] = position
            try:
                await reached
            finally:
                del self._waiting[reached]

    # -- what is known of the connection --

    def disconnected(self, broker: str) -> None:
        """See `Listener`."""
        self.doubt()

    def reconnected(self) -> None:
        """See `Listener`."""
        self._linked.set()


class _Ear:
    """Hears one reading. Of one that was given up, or has a gap, nothing more is taken."""

    def __init__(self, following: Following) -> None:
        self._following = following
        self._number = 0

    @property
    def name(self) -> str:
        """See `JournalReader`: what `fusiongen operations` takes apart."""
        return f"{self._following._follower.iid} {process_name()}"

    def record(self, record: Record) -> None:
        """See `JournalReader`."""
        if self._goes_on(record.number - 1):
            self._number = record.number
            self._following.came(record)

    def beat(self, number: int) -> None:
        """See `JournalReader`."""
        if self._goes_on(number):
            self._following.nothing_left()

    def _goes_on(self, number: int) -> bool:
        if self._following._ear is not self:
            return False
        if number != self._number:
            self._following.doubt()
        return number == self._number


async def _within(seconds: float, event: asyncio.Event) -> bool:
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return False
    return True


def _settle(waiter: asyncio.Future[None]) -> None:
    if not waiter.done():
        waiter.set_result(None)
