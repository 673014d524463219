"""Deleting events that are done, when nobody may mean them any more by their ids."""

from __future__ import annotations

import asyncio
import logging
from typing import Final

from sqlalchemy import delete, select

from ...primitives import random_bits
from ..shard import Shard
from ..tables import events

__all__ = ["trim_events", "trim_events_forever"]

KEPT: Final = 3600.0
"""Seconds that events are kept which are done. Dead ones are kept until they are armed again."""
PERIOD: Final = 900.0
"""Seconds between two rounds, 25 % more or less."""
BATCH: Final = 1000

_log = logging.getLogger("fusionrt")


async def trim_events_forever(shard: Shard) -> None:
    """Trim from time to time."""
    while True:
        await asyncio.sleep(PERIOD * (0.75 + 0.5 * random_bits(16) / 2**16))
        try:
            await trim_events(shard)
        except Exception as error:
            _log.warning("events that are done cannot be trimmed: %s", error)


async def trim_events(shard: Shard) -> int:
    """Delete those that were done long enough ago; how many that were."""
    past = select(shard.flavour.moment - KEPT).scalar_subquery()
    old = (
        select(events.c.id)
        .where(events.c.state == "done", events.c.ended < past)
        .limit(BATCH)
        .with_for_update(skip_locked=True)
        .cte("old")
    )
    deleted = 0
    while True:
        async with shard.writes.begin() as connection:
            gone = delete(events).where(events.c.id.in_(select(old.c.id)))
            count = len([*await connection.execute(gone.returning(events.c.id))])
        deleted += count
        if count < BATCH:
            return deleted
