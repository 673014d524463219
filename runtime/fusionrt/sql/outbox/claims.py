"""`Claims`: who does which event, as the database knows it.

An event is claimed for some seconds, which whoever does it renews; so one that was killed, or cut
off, has it no longer when others take it. Each claim has a number, and what a claimant says of an
earlier one does not count. All times are the database's.

Rejected: a lock that is held while the event is done. It would hold a connection and a transaction
for as long, and SQLite has only one of these.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from typing import Any, Final, NamedTuple, TypeVar

from sqlalchemy import ColumnElement, and_, func, select, update
from sqlalchemy.sql.dml import ReturningUpdate

from ..retries import is_conflict, retrying
from ..shard import Shard
from ..tables import events

__all__ = ["LEASE", "Claim", "Claims"]

LEASE: Final = 30.0
"""Seconds that a claim lasts."""

_T = TypeVar("_T", bound=tuple[Any, ...])


class Claim(NamedTuple):
    """tries: how often it was claimed, this time included: the number of the claim."""

    id: str
    type: str
    value: bytes
    tries: int


class Claims:
    """Of one host, on one shard."""

    def __init__(self, shard: Shard, iid: str) -> None:
        self._shard: Final = shard
        self._iid: Final = iid

    async def until_due(self, types: Collection[str]) -> float | None:
        """Seconds until one of these is due, 0 or less if one is; None if there is none."""
        moment = self._shard.flavour.moment
        first = select(func.min(events.c.due) - moment).where(_open(types))
        async with self._shard.reads.connect() as connection:
            return await connection.scalar(first)

    async def take(self, types: Collection[str], count: int) -> list[Claim]:
        """Claim so many of them that are due; those that nobody else looks at just now."""
        moment = select(self._shard.flavour.moment).scalar_subquery()
        due = (
            select(events.c.id)
            .where(_open(types), events.c.due <= moment)
            .order_by(events.c.due)
            .limit(count)
            .with_for_update(skip_locked=True)
            .cte("due")  # else PostgreSQL may run it several times
        )
        taken = (
            update(events)
            .where(events.c.id.in_(select(due.c.id)))
            .values(tries=events.c.tries + 1, claimant=self._iid, due=self._end)
            .returning(events.c.id, events.c.type, events.c.value, events.c.tries)
        )
        return [Claim(*row) for row in await self._changed(taken)]

    async def renew(self) -> set[tuple[str, int]]:
        """Keep what is claimed; ids and numbers of all claims that this host has yet."""
        mine = and_(events.c.state == "open", events.c.claimant == self._iid)
        kept = update(events).where(mine, events.c.due > self._shard.flavour.moment)
        rows = await self._changed(
            kept.values(due=self._end).returning(events.c.id, events.c.tries)
        )
        return {(row.id, row.tries) for row in rows}

    async def done(self, claim: Claim) -> bool:
        """It is done; whether the claim held."""
        return await self._end_of(claim, state="done", ended=self._shard.flavour.moment, error=None)

    async def later(self, claim: Claim, seconds: float, error: str, counts: bool) -> bool:
        """Give it back, to be tried again after some seconds; whether the claim held.

        counts: whether this was a try.
        """
        due = self._shard.flavour.moment + seconds
        tries = claim.tries if counts else claim.tries - 1
        return await self._end_of(claim, due=due, error=error, tries=tries)

    async def dead(self, claim: Claim, error: str) -> bool:
        """Give it up; whether the claim held."""
        moment = self._shard.flavour.moment
        return await self._end_of(claim, state="dead", ended=moment, error=error)

    @property
    def _end(self) -> ColumnElement[float]:
        return self._shard.flavour.moment + LEASE

    async def _end_of(self, claim: Claim, **values: object) -> bool:
        mine = and_(
            events.c.id == claim.id,
            events.c.tries == claim.tries,
            events.c.claimant == self._iid,
            events.c.state == "open",
        )
        ended = update(events).where(mine).values(claimant=None, **values)
        return bool(await self._changed(ended.returning(events.c.id)))

    async def _changed(self, statement: ReturningUpdate[_T]) -> list[Any]:
        async def once() -> list[Any]:
            async with asyncio.timeout(LEASE / 3), self._shard.writes.begin() as connection:
                return [*(await connection.execute(statement))]

        return await retrying(once, lambda error: is_conflict(error, (self._shard,)))


def _open(types: Collection[str]) -> ColumnElement[bool]:
    return and_(events.c.state == "open", events.c.type.in_(types))
