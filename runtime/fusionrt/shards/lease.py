"""A shard that this host owns, and the bodies that run under its lease."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from contextvars import ContextVar
from typing import Final, TypeVar

__all__ = ["LeaseLost", "NotOwned", "Owned", "fencing_token", "under_lease"]

_T = TypeVar("_T")

_TOKEN: ContextVar[int] = ContextVar("fusion fencing token", default=0)


def fencing_token() -> int:
    """The fencing token of the shard whose call this code runs for: a number that rises with each
    owner of the shard (D20). 0 outside of a body of a sharded service.

    A host that was frozen does not know at once that another one took its place. Let a write carry
    the token, and let its store refuse one below the highest that it has seen:
    `UPDATE … WHERE room = :room AND token <= :token`.
    """
    return _TOKEN.get()


class NotOwned(Exception):
    """A body did not begin: its shard is not to be served here."""

    def __init__(self, shard: int) -> None:
        self.shard = shard
        super().__init__(shard)


class LeaseLost(NotOwned):
    """A body was stopped: the shard was lost while it ran, or, of a stream, is handed over."""


class Owned:
    """A shard from the moment that it was claimed.

    token: rises with each owner. open: whether bodies may begin.
    """

    def __init__(self, shard: int, token: int) -> None:
        self.shard: Final = shard
        self.token: Final = token
        self.open = True
        self._running: set[asyncio.Timeout] = set()
        self._streams: set[asyncio.Timeout] = set()
        self._idle = asyncio.Event()
        self._idle.set()

    @property
    def running(self) -> int:
        """How many bodies run under it."""
        return len(self._running)

    async def ended(self) -> None:
        """Return when no body runs under it."""
        await self._idle.wait()

    def close(self) -> None:
        """Let no body begin; streams, which may never end, end now."""
        self.open = False
        _expire(self._streams)

    def stop(self) -> None:
        """Let no body begin, and stop those that run."""
        self.close()
        _expire(self._running)

    def entered(self, limit: asyncio.Timeout, *, is_stream: bool) -> None:
        """A body runs that can be stopped so."""
        if is_stream:
            self._streams.add(limit)
        else:
            self._running.add(limit)
            self._idle.clear()

    def left(self, limit: asyncio.Timeout) -> None:
        """It runs no longer."""
        self._streams.discard(limit)
        self._running.discard(limit)
        if not self._running:
            self._idle.set()


def _expire(limits: set[asyncio.Timeout]) -> None:
    now = asyncio.get_running_loop().time()
    for limit in limits:
        if not limit.expired():
            limit.reschedule(now)


async def under_lease(
    owned: Owned, body: Callable[[], Awaitable[_T]], *, is_stream: bool = False
) -> _T:
    """What the body returns.

    Raises:
        LeaseLost: the lease was lost while it ran.
    """
    before = _TOKEN.set(owned.token)
    try:
        async with asyncio.timeout(None) as limit:
            owned.entered(limit, is_stream=is_stream)
            try:
                return await body()
            finally:
                owned.left(limit)
    except TimeoutError:
        if limit.expired():
            raise LeaseLost(owned.shard) from None
        raise
    finally:
        with suppress(ValueError):  # closed in another context, which ends with it
            _TOKEN.reset(before)
