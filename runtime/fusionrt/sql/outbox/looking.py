"""`Outbox`: what people and programs see of the events of a database."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final, NamedTuple

from sqlalchemy import and_, case, func, select, update

from ...errors import ArgumentError
from ...options import count
from ..shard import Shard
from ..tables import events

__all__ = ["DeadEvent", "Outbox", "OutboxCounts"]


class DeadEvent(NamedTuple):
    """An event that was given up.

    type: its name. tries: how often it was tried. error: what the last try failed with.
    added, ended: seconds since 1970, by the database's clock.
    """

    id: str
    type: str
    tries: int
    error: str
    added: float
    ended: float


class OutboxCounts(NamedTuple):
    """How many events there are, of all hosts.

    waiting: for their time. due: nobody has taken them yet. claimed: somebody does them.
    dead: given up. late: seconds that the first of those that are due has been so.
    """

    waiting: int
    due: int
    claimed: int
    dead: int
    late: float


class Outbox:
    """The events of one shard of a database; see `Database.outbox`."""

    def __init__(self, shard: Shard) -> None:
        self._shard: Final = shard

    async def counts(self) -> OutboxCounts:
        """How many there are."""
        row, moment = events.c, select(self._shard.flavour.moment).scalar_subquery()
        claimed = row.claimant.is_not(None)
        is_due = and_(row.claimant.is_(None), row.due <= moment)
        is_open = row.state == "open"

        columns = [
            func.count(case((and_(is_open, ~claimed, ~is_due), 1))),
            func.count(case((and_(is_open, is_due), 1))),
            func.count(case((and_(is_open, claimed), 1))),
            func.count(case((row.state == "dead", 1))),
            func.max(case((and_(is_open, is_due), moment - row.due))),
        ]
        async with self._shard.reads.connect() as connection:
            found = (await connection.execute(select(*columns))).one()
        waiting, due, claims, dead, late = found
        return OutboxCounts(waiting, due, claims, dead, late or 0.0)

    async def dead(self, limit: int = 100) -> list[DeadEvent]:
        """Those that were given up, the last first.

        Raises:
            ArgumentError: the limit is no number of them.
        """
        count("Outbox.dead", "limit", limit, 0)
        row = events.c
        columns = (row.id, row.type, row.tries, row.error, row.added, row.ended)
        found = select(*columns).where(row.state == "dead").order_by(row.ended.desc()).limit(limit)
        async with self._shard.reads.connect() as connection:
            return [DeadEvent(*each) for each in await connection.execute(found)]

    async def rearm(self, ids: Collection[str] | None = None) -> int:
        """Let dead events be tried anew, as often as the first time; how many that were.

        ids: which; without, all.

        Raises:
            ArgumentError: they are one text.
        """
        if isinstance(ids, str):
            raise ArgumentError("Outbox.rearm", f"ids: expected several, such as [{ids!r}]")
        which = events.c.state == "dead"
        if ids is not None:
            which &= events.c.id.in_(ids)
        moment = self._shard.flavour.moment
        anew = update(events).where(which)
        anew = anew.values(state="open", tries=0, due=moment, ended=None)
        async with self._shard.writes.begin() as connection:
            return (await connection.execute(anew)).rowcount
