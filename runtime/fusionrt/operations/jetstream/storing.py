"""`Storing`: what this host adds to the log."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from typing import Final, NamedTuple

import msgspec

from ...errors import BrokerUnavailable, JetStreamUnavailable
from ...primitives import background, new_id, stop_all
from ...transport import Extent, Journal
from ..log import Follower
from ..stored import StoredOperation, whole
from .keys import LOST, key_of, word

__all__ = ["Storing"]

PATIENCE: Final = 5.0
"""Seconds in which an operation is stored, or its command's outcome is not known."""
AGAIN: Final = 0.1
"""Seconds until it is tried again."""
MOST_OWED: Final = 1000
"""Operations that wait to be stored; of more the log says only that there were some."""
ROOM: Final = 1024
"""Bytes of a message beside the operation."""

_log = logging.getLogger("fusionrt")


class _Entry(NamedTuple):
    key: str
    id: str
    payload: bytes


class Storing:
    """Adds to one journal.

    What could not be added in time is owed: other hosts have to hear of it, though whoever ran the
    command was told that its outcome is unknown.

    stored: operations that were added.
    """

    def __init__(self, journal: Journal, follower: Follower) -> None:
        self.stored = 0
        self._journal: Final = journal
        self._follower: Final = follower
        self._owed: deque[_Entry] = deque()
        self._paying: asyncio.Task[None] | None = None
        self._closed = False

    async def store(self, operation: StoredOperation) -> bool:
        """Whether it was added now, and not before.

        Raises:
            JetStreamUnavailable: nobody answered in time; it is owed from now on.
        """
        entry = self._entry(operation)
        problem = JetStreamUnavailable(self._journal.name, "no answer in time")
        try:
            async with asyncio.timeout(PATIENCE):
                while True:
                    try:
                        added = await self._journal.append(*entry)
                        break
                    except JetStreamUnavailable as error:
                        problem = error
                    await asyncio.sleep(AGAIN)
        except TimeoutError:
            self._owe(entry)
            raise problem from None
        self.stored += 1
        return not added.again

    def _entry(self, operation: StoredOperation) -> _Entry:
        """As a message takes it: with all results of its services in the place of many keys, and
        without a result that is too large.
        """
        room = self._follower.transport.max_payload - ROOM
        key, id, payload = key_of(operation), word(operation.id), operation.encode()
        if len(payload) > room:
            services = dict.fromkeys(each.service for each in operation.keys)
            operation = msgspec.structs.replace(operation, keys=whole(services))
            payload = operation.encode()
        if len(payload) > room:
            payload = msgspec.structs.replace(operation, result=None).encode()
        return _Entry(key, id, payload)

    # -- what is owed --

    def history_lost(self, extent: Extent) -> None:
        """Tell all readers; one of all hosts that find it is enough."""
        marker = StoredOperation(f"lost-{extent.made}-{extent.last}", self._follower.iid, "", ())
        self._owe(_Entry(LOST, word(marker.id), marker.encode()))

    def _owe(self, entry: _Entry) -> None:
        if len(self._owed) == MOST_OWED:
            self._owed.clear()
            many = StoredOperation(new_id(), self._follower.iid, "", ())
            entry = _Entry(LOST, many.id, many.encode())
        self._owed.append(entry)
        if self._closed:
            self._give_up()
        elif self._paying is None:
            self._paying = background(self._pay(), f"store {self._journal.name}")

    async def _pay(self) -> None:
        while self._owed:
            entry = self._owed[0]
            try:
                await self._journal.append(*entry)
            except BrokerUnavailable:
                await asyncio.sleep(AGAIN)
            else:
                if self._owed and self._owed[0] is entry:
                    self._owed.popleft()
        self._paying = None

    async def close(self) -> None:
        """Add nothing more."""
        self._closed = True
        if self._paying is not None:
            await stop_all([self._paying])
        self._give_up()

    def _give_up(self) -> None:
        owed = len(self._owed)
        self._owed.clear()
        if owed:
            _log.error(
                "%d operations were not stored in %s: what other hosts have cached of what they "
                "changed is stale; restart these hosts",
                *(owed, self._journal.name),
            )
