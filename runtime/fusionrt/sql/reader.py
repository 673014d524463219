"""`Reader`: applies what other hosts store.

It remembers what the database had committed at its last read, and asks for what is new since
then: when a hint comes, and every five seconds without one (O4). It writes down how far it is,
so that nobody trims what it has not read (O17). If that note is gone it was stopped for longer
than operations are kept, and nobody knows what it missed (O9).

Rejected: a cursor over row numbers, for they commit out of order; positions in time, for clocks
differ, and the time of a commit is not known in it.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from typing import Any, Final, Self

from sqlalchemy import ColumnElement, Select, delete, exists, select, update
from sqlalchemy.exc import SQLAlchemyError

from ..operations import LAG, Follower, StoredOperation, tell_of_lag
from ..operations.stored import decoded_keys
from ..primitives import (
    CLOSING,
    background,
    now,
    process_name,
    random_bits,
    spawn,
    stop_all,
)
from .shard import Shard
from .tables import operations, readers

__all__ = ["Reader"]

POLL: Final = 5.0
"""Seconds between two reads without a hint, 10 % more or less."""
RETRY: Final = 0.5
"""Seconds after which a read that failed is tried again."""
PAGE: Final = 500
"""Rows that are fetched at once."""

_log = logging.getLogger("fusionrt")


class Reader:
    """Of one host, of one shard.

    applied: how many operations of other hosts.
    """

    def __init__(self, shard: Shard, follower: Follower, retention: float) -> None:
        self.applied = 0
        self._shard: Final = shard
        self._follower: Final = follower
        self._retention: Final = retention
        self._position = ""
        self._current = 0.0
        """When it last knew that nothing was missing, on the loop's clock."""
        self._reading = asyncio.Lock()
        self._next: asyncio.Task[None] | None = None
        """A read that has not begun; it is everybody's who asks before it does."""

    async def __aenter__(self) -> Self:
        await self._begin()
        name = f"the operation log {self._shard.name}".rstrip()
        self._tasks = [
            background(self._poll(), name="fusion log reader"),
            background(tell_of_lag(name, lambda: self.lag, LAG), name="fusion log lag"),
        ]
        return self

    async def __aexit__(self, *_: object) -> None:
        await stop_all(self._tasks, CLOSING)
        with suppress(SQLAlchemyError, OSError):  # it is forgotten when it was not seen for long
            async with self._shard.writes.begin() as connection:
                await connection.execute(delete(readers).where(self._own))

    @property
    def lag(self) -> float:
        """Seconds since it last knew that nothing was missing."""
        return now() - self._current

    def check(self) -> None:
        """See `OpenLog.check`. What is read anew from now on is as new as the database."""
        if self.lag > self._retention / 2:
            self._lost("the operation log was not read for too long")

    async def catch_up(self) -> None:
        """Return when everything is applied that was committed before this call."""
        if self._next is None:
            self._next = spawn(self._read_next(), name="fusion log read")
            self._tasks = [*(task for task in self._tasks if not task.done()), self._next]
        await asyncio.shield(self._next)

    async def _read_next(self) -> None:
        async with self._reading:
            self._next = None
            failed = False
            while True:
                try:
                    return await self._read()
                except Exception as error:
                    if not failed:
                        _log.warning("the operation log cannot be read: %s", error)
                    failed = True
                await asyncio.sleep(RETRY)

    async def _poll(self) -> None:
        while True:
            await asyncio.sleep(POLL * (0.9 + 0.2 * random_bits(16) / 2**16))
            try:
                await self.catch_up()
                async with asyncio.timeout(LAG):
                    await self._note()
            except Exception as error:
                why = str(error) or "no answer in time"
                _log.warning("how far the operation log was read cannot be noted: %s", why)

    async def _read(self) -> None:
        began, position = now(), ""
        async with self._shard.reads.connect() as connection:
            rows = await connection.stream(self._unread(), execution_options={"yield_per": PAGE})
            async for row in rows:
                if not row.known or not self._shard.flavour.follows(row.now, self._position):
                    break
                position = row.now
                if row.id is not None and self._follower.needs(row.iid, row.id):
                    self._apply(row)
        if position:
            self._position, self._current = position, began
        else:
            self._lost("the operation log was not read for longer than it is kept, or was replaced")
            await self._begin()
            self._lost("the operation log is read from here on")  # and not from there

    def _unread(self) -> Select[Any]:
        """One statement, and so one view of the database: what is new, and how far that is. There
        is a row though nothing is new.
        """
        known = exists(select(readers.c.iid).where(self._own))
        view = select(self._shard.flavour.position.label("now"), known.label("known")).subquery()
        row = operations.c
        columns: list[ColumnElement[Any]] = [view.c.now, view.c.known, row.id, row.iid]
        new = view.outerjoin(operations, self._shard.flavour.after(self._position))
        return select(*columns, row.command, row["keys"]).select_from(new)

    def _apply(self, row: Any) -> None:
        try:
            keys = decoded_keys(row.keys)
        except ValueError:
            self._lost(f"{row.command} was stored in a way that is not known here")
            return
        self._follower.apply(StoredOperation(row.id, row.iid, row.command, keys))
        self.applied += 1

    def _lost(self, why: str) -> None:
        _log.warning("all cached results are dropped: %s", why)
        self._current = now()
        self._follower.lost(why)

    # -- what others know of it --

    @property
    def _own(self) -> ColumnElement[bool]:
        return readers.c.iid == self._follower.iid

    async def _begin(self) -> None:
        """Be known; and then take the position, for what is trimmed until then is not missed."""
        flavour = self._shard.flavour
        known = flavour.insert(readers).values(
            iid=self._follower.iid,
            process=process_name(),
            position=flavour.position,
            seen=flavour.moment,
        )
        async with self._shard.writes.begin() as connection:
            await connection.execute(known)
        self._current = now()
        async with self._shard.reads.connect() as connection:
            self._position = (await connection.execute(select(flavour.position))).scalar_one()

    async def _note(self) -> None:
        """Write down how far it is."""
        seen = self._shard.flavour.moment
        note = update(readers).where(self._own).values(position=self._position, seen=seen)
        async with self._shard.writes.begin() as connection:
            await connection.execute(note)
