"""COMMIT, and what became of it if the database did not answer (O12)."""

from __future__ import annotations

import asyncio
import logging
from typing import Final

from sqlalchemy.exc import SQLAlchemyError

from ..errors import OutcomeUnknown
from ..operations import Fate, StoredOperation
from ..primitives import now
from .flavour import Receipt
from .shard import Shard
from .transaction import Transaction

__all__ = ["commit"]

PATIENCE: Final = 30.0
"""Seconds in which the database must say what became of a transaction."""
PERIOD: Final = 0.1
"""Seconds between two questions."""

_log = logging.getLogger("fusionrt")


async def commit(
    transaction: Transaction,
    shard: Shard,
    one: StoredOperation | None,
    receipt: Receipt,
    command: str,
) -> None:
    """Commit; whoever is told of an error is told the truth.

    one: what was stored.

    Raises:
        OutcomeUnknown: the database cannot be asked.
        Exception: what it raised; nothing was committed.
    """
    try:
        await transaction.commit()
    except Exception as error:
        match await _fate(shard, "" if one is None else one.id, receipt):
            case Fate.ROLLED_BACK:
                raise
            case Fate.OPEN:
                problem = f"the database did not say within {PATIENCE:g} s whether it committed"
                raise OutcomeUnknown(command.partition(".")[0], problem) from error
        _log.warning("%s was committed, though the database's answer was lost", command)


async def _fate(shard: Shard, id: str, receipt: Receipt) -> Fate:
    end, failed = now() + PATIENCE, False
    while now() < end:
        try:
            async with asyncio.timeout_at(asyncio.get_running_loop().time() + end - now()):
                fate = await _asked(shard, id, receipt)
            if fate is not Fate.OPEN:
                return fate
        except (SQLAlchemyError, OSError) as error:
            if not failed:
                _log.warning("what became of a transaction cannot be asked yet: %s", error)
            failed = True
        await asyncio.sleep(PERIOD)
    return Fate.OPEN


async def _asked(shard: Shard, id: str, receipt: Receipt) -> Fate:
    async with shard.writes.connect() as connection:
        return await shard.flavour.fate(connection, id, receipt)
