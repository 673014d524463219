"""`Search`: looks for the host that owns a shard, for the calls that wait for it (D20)."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from typing import Final, NamedTuple, Protocol, TypeAlias

from ...errors import FusionError
from ...primitives import clock, random_bits
from .answer import Pending
from .stream import Incoming

__all__ = ["ANYBODY", "Search", "ShardCall", "ShardIncoming", "ShardPending"]

ANYBODY: Final = "?"
"""In a hello instead of an instance id: it opens no session, and asks only who is there."""
PAUSE: Final = 0.005, 0.2
"""Seconds until a shard is asked for again that has no owner: the first and the longest; a handover
takes some milliseconds."""


class ShardPending(Pending):
    """A call. shard: None as long as nobody said. moves: how often it came to another host than
    the owner.
    """

    shard: int | None = None
    moves: int = 0


class ShardIncoming(Incoming):
    """A stream; as `ShardPending`."""

    shard: int | None = None
    moves: int = 0


ShardCall: TypeAlias = ShardPending | ShardIncoming


class Patience(NamedTuple):
    """Seconds. answer: until it is asked again when nothing came. owner: until calls fail when
    there is a host, but no owner. host: the same if there is no host either.
    """

    answer: float
    owner: float
    host: float


class Searcher(Protocol):
    """For whom it is looked."""

    def look(self, search: Search) -> None:
        """Ask who owns the shard, and, from the second time on, whether there is any host."""

    def no_owner(self, search: Search) -> FusionError:
        """What calls fail with that waited in vain."""

    def given_up(self, search: Search) -> None:
        """Nobody waits any more."""


class Search:
    """Asks until somebody answers, or nobody waits any more.

    gen, hosts_gen: name the answers of the owner, and of any host. asked: how often it did.
    hosts: whether there may be hosts of the service.
    """

    def __init__(self, shard: int, searcher: Searcher, patience: Patience, *, after: float) -> None:
        """after: seconds until it is asked for the first time."""
        self.shard: Final = shard
        self.gen: Final = random_bits(52)
        self.hosts_gen: Final = random_bits(52)
        self.asked = 0
        self.hosts = True
        self._searcher = searcher
        self._patience = patience
        self._calls: list[ShardCall] = []
        self._loop = asyncio.get_running_loop()
        self._now: Callable[[], float] = clock()
        self._since = self._now()
        self._pause = PAUSE[0]
        self._next = self._since + after
        self._timer: asyncio.Handle | None = None

    def add(self, call: ShardCall) -> None:
        """A call waits for the owner."""
        self._calls.append(call)
        self._wait()

    def take(self) -> list[ShardCall]:
        """It is over: the calls that still wait."""
        if self._timer is not None:
            self._timer.cancel()
        calls, self._calls = self._calls, []
        return [call for call in calls if _is_wanted(call)]

    def nobody(self) -> None:
        """No host listens for the shard: there is no owner at the moment."""
        self.again(self._pause)
        self._pause = min(2 * self._pause, PAUSE[1])

    def again(self, after: float) -> None:
        """Ask again in so many seconds."""
        self._next = self._now() + after
        self._wait()

    def _wait(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        dues = (call.due for call in self._calls if isinstance(call, ShardPending))
        delay = min(self._next, min(dues, default=math.inf)) - self._now()
        if delay <= 0:
            self._timer = self._loop.call_soon(self._tick)
        else:
            self._timer = self._loop.call_later(delay, self._tick)

    def _tick(self) -> None:
        now = self._now()
        for call in self._calls:
            if isinstance(call, ShardPending) and call.due <= now:
                call.fail(call.ask.late(may_have_run=False))
        self._calls = [call for call in self._calls if _is_wanted(call)]
        patience = self._patience.owner if self.hosts else self._patience.host
        if now - self._since >= patience:
            error = self._searcher.no_owner(self)
            for call in self._calls:
                call.fail(error)
            self._calls.clear()
        if not self._calls:
            self._searcher.given_up(self)
            return
        if now >= self._next:
            self._next = now + self._patience.answer
            self.asked += 1
            self._searcher.look(self)
        self._wait()


def _is_wanted(call: ShardCall) -> bool:
    if isinstance(call, ShardPending):
        return not call.answer.done()
    return not call.is_over
