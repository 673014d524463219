"""`Holdings`: the results that a host holds for one client (D3, D6c, D28, G34)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from itertools import islice
from typing import Final

from ...wire.host import HostSession
from .accounts import Account
from .parked import Parked, Place
from .servant import Held, Promise

__all__ = ["Holdings"]

_TOO_MANY: Final = "one client held too many results of this host"


class Holdings:
    """Each until it is invalidated, or nobody wants it.

    parked: calls that come after some of them.
    """

    def __init__(
        self,
        wire: HostSession,
        changed: Callable[[], None],
        *,
        quota: int,
        share: Account,
        confides: bool,
        leaned: Callable[[], int],
        begin: Callable[[Place], None],
    ) -> None:
        """changed: there may be something to send. quota: of results that are held. share: what
        its principal may hold with each of its sessions, if that is less.
        confides: whether the client is told in full why results are invalidated (D28).
        leaned: see `Servant.leaned`. begin: takes calls that come after what is held.
        """
        self._wire: Final = wire
        self._changed: Final = changed
        self._quota: Final = quota
        self._share: Final = share
        self.confides: Final = confides
        self._held: dict[int, Held] = {}
        self.parked: Final = Parked(self._held.__contains__, begin)
        self._watched: dict[int, Callable[[], None]] = {}
        """What the client was told to be suspended, and how to hear no more of it."""
        self._looking = False
        self._leaned: Final = leaned
        self._promises: set[Promise] = set()
        """All that what is held hangs on, as of this count of `leaned`, and maybe more: as long as
        they hold, the results are not asked, one by one, at each keep-alive."""
        self._known = leaned()
        self._loop = asyncio.get_running_loop()

    def __len__(self) -> int:
        return len(self._held)

    def hold(self, id: int, held: Held) -> None:
        """Keep a result until it is invalidated or released, or too many are kept (G34)."""
        self._held[id] = held
        self._promises.update(held.promises())
        held.hold(self, id)
        if len(self._held) > self._share.most:  # it doubles, so that this is seldom
            self._share.most = min(2 * len(self._held), self._most)
            self.trim()

    @property
    def _most(self) -> int:
        return min(self._quota, self._share.held)

    def trim(self) -> None:
        """Let go of the oldest, if too many are kept. A call that comes after one is to be made
        anew: its result would be one too many at once, and so drive out all others in turn.
        """
        most = self._most
        for oldest in list(islice(self._held, max(0, len(self._held) - most))):
            self._held[oldest].release()
            if (after := self.parked.withdraw(oldest)) is not None:
                self._wire.begin((after,))
                self._wire.invalidated(after, _TOO_MANY)
            self.invalidated(oldest, _TOO_MANY)

    def suspended(self) -> list[int]:
        """Those whose freshness cannot be proven at the moment, which is to be told now (D6c). When
        that changes, the client is told unasked: else each host between it and the lost source
        would cost it another keep-alive.
        """
        suspended = self._suspended()
        self._watch(suspended)
        return suspended

    def _suspended(self) -> list[int]:
        leaned = self._leaned()
        if leaned == self._known and all(promise.proven() for promise in self._promises):
            return []
        self._known = leaned
        self._promises = {each for held in self._held.values() for each in held.promises()}
        return [id for id, held in self._held.items() if held.suspended()]

    def _watch(self, suspended: Iterable[int]) -> None:
        for ended in self._watched.values():
            ended()
        self._watched = {id: self._held[id].on_turn(self._turned) for id in suspended}

    def _turned(self) -> None:
        if not self._looking:
            self._looking = True
            self._loop.call_soon(self._look)

    def _look(self) -> None:
        self._looking = False
        told = self._watched.keys() & self._held.keys()
        suspended = self._suspended()
        self._watch(suspended)
        if told != set(suspended):
            self._wire.suspended(suspended)
            self._changed()

    def release(self, ids: Iterable[int]) -> None:
        """Nobody wants these any more."""
        for id in ids:
            held = self._held.pop(id, None)
            if held is not None:
                held.release()
                self.parked.ended(id)

    def clear(self) -> None:
        """Nobody wants any."""
        self._watch(())
        self.parked.clear()
        self.release(list(self._held))

    def invalidated(self, id: int, reason: str) -> None:
        """One is stale: nothing is held any more (D3)."""
        if self._held.pop(id, None) is not None:
            self._wire.invalidated(id, reason)
            self._changed()
            if self.parked.calls:
                self.parked.ended(id)
