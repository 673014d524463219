"""Deleting operations that nobody has to read any more."""

from __future__ import annotations

import asyncio
import logging
from typing import Final

from sqlalchemy import delete, select

from ..primitives import random_bits
from .shard import Shard
from .tables import operations, readers

__all__ = ["trim", "trim_forever"]

PERIOD: Final = 900.0
"""Seconds between two rounds, 25 % more or less: each host does it, seldom two at once."""
BATCH: Final = 1000
"""Rows of one transaction."""

_log = logging.getLogger("fusionrt")


async def trim_forever(shard: Shard, retention: float) -> None:
    """Trim from time to time."""
    while True:
        await asyncio.sleep(PERIOD * (0.75 + 0.5 * random_bits(16) / 2**16))
        try:
            await trim(shard, retention)
        except Exception as error:
            _log.warning("the operation log cannot be trimmed: %s", error)


async def trim(shard: Shard, retention: float) -> int:
    """Delete what is older than `retention` seconds and was read by every reader that lives; how
    many rows that were.

    A reader that was not seen for so long is forgotten first, in a transaction before: it finds
    that out in the very statement in which it would miss something (O9, O17).
    """
    past = shard.flavour.moment - retention
    async with shard.writes.begin() as connection:
        await connection.execute(delete(readers).where(readers.c.seen < past))
    deleted = 0
    while True:
        async with shard.writes.begin() as connection:
            positions = (await connection.execute(select(readers.c.position))).scalars().all()
            old = (
                select(operations.c.seq)
                .where(operations.c.at < past, shard.flavour.before(list(positions)))
                .order_by(operations.c.seq)
                .limit(BATCH)
                .with_for_update(skip_locked=True)
            )
            done = await connection.execute(delete(operations).where(operations.c.seq.in_(old)))
        deleted += done.rowcount
        if done.rowcount < BATCH:
            return deleted
