"""Being there, as a stream that can be closed."""

from __future__ import annotations

from collections.abc import AsyncGenerator

from fusionrt import Session
from fusionrt.ext import PresenceOf, User

__all__ = ["staying"]


async def staying(
    presence: PresenceOf, session: Session, place: str
) -> AsyncGenerator[User | None, None]:
    """`presence.stay`, which says only that it is an iterator."""
    async for user in presence.stay(session, place):
        yield user
