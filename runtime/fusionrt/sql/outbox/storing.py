"""Storing events, in the transaction of an operation."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement, and_, literal, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from ...errors import EventExists
from ...operations import NewEvent
from ..flavour import Flavour
from ..tables import events

__all__ = ["store_event"]


async def store_event(connection: AsyncConnection, flavour: Flavour, new: NewEvent) -> str:
    """Store one; its id.

    Raises:
        EventExists: see `Outbox`.
    """
    if new.every:
        return await _store_in_window(connection, flavour, new)
    if not await _insert(connection, flavour, new) and not (
        new.conflict == "skip"
        or (new.conflict == "update" and await _update(connection, flavour, new))
    ):
        raise EventExists(new.id)
    return new.id


async def _store_in_window(connection: AsyncConnection, flavour: Flavour, new: NewEvent) -> str:
    """What another command has stored for the same window stands for this one, too. It is locked
    until both have committed: else it might be done before, and this command's part not be seen.
    """
    now: float = (await connection.execute(select(flavour.moment))).scalar_one()
    due = max(now, now + new.due if new.delayed else new.due)
    window = math.ceil(due / new.every)
    while True:
        end = window * new.every
        one = replace(new, id=f"{new.id}@{_plain(end)}", due=end, delayed=False)
        if await _insert(connection, flavour, one) or await _share(connection, one.id):
            return one.id
        window += 1  # somebody has begun to do it


async def _insert(connection: AsyncConnection, flavour: Flavour, new: NewEvent) -> bool:
    """Whether it was not there."""
    row = {"id": new.id, "state": "open", "tries": 0, **_what(flavour, new)}
    added = flavour.insert(events).values(row).returning(events.c.id)
    return await connection.scalar(added) is not None


async def _update(connection: AsyncConnection, flavour: Flavour, new: NewEvent) -> bool:
    """Whether it was in time."""
    changed = update(events).where(_untried(new.id)).values(_what(flavour, new))
    return await connection.scalar(changed.returning(events.c.id)) is not None


async def _share(connection: AsyncConnection, id: str) -> bool:
    """Whether it is in time; nobody takes it before this is committed, and others may share it."""
    one = select(events.c.id).where(_untried(id)).with_for_update(read=True)
    return await connection.scalar(one) is not None


def _untried(id: str) -> ColumnElement[bool]:
    return and_(events.c.id == id, events.c.state == "open", events.c.tries == 0)


def _what(flavour: Flavour, new: NewEvent) -> dict[str, Any]:
    due = flavour.moment + new.due if new.delayed else literal(new.due)
    return {"type": new.type, "value": new.value, "due": due, "added": flavour.moment}


def _plain(seconds: float) -> str:
    return f"{seconds:.3f}".rstrip("0").rstrip(".")
