"""`Reflection`: whether what a host serves reflects changes that others have made (D15)."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from ..rpc import Caller
from ..wire.frames import Mark
from .nudges import Nudges

__all__ = ["Reflection"]


class Reflection:
    """A host's services are made from its own state, of which other hosts of them tell it, and from
    what it reads from other hosts.
    """

    def __init__(self, nudges: Nudges, caller: Caller) -> None:
        self._nudges = nudges
        self._caller = caller

    def reflect(self, marks: tuple[Mark, ...], hops: int, cid: str) -> asyncio.Future[bool] | None:
        """See `rpc.Reflect`. What this process asks itself it does not pass on to itself again."""
        hops = hops if cid != self._caller.cid else 0
        waits = [*self._nudges.missing(marks), *self._caller.writes.pass_on(marks, hops)]
        return asyncio.ensure_future(_all(waits)) if waits else None

    def here(self, marks: Iterable[Mark]) -> asyncio.Future[bool] | None:
        """The same of the services of this process alone."""
        waits = self._nudges.missing(marks)
        return asyncio.ensure_future(_all(waits)) if waits else None


async def _all(waits: Iterable[asyncio.Future[bool]]) -> bool:
    return all([await wait for wait in waits])
