"""`Vouching`: the lease of what came through a session: until when it is fresh (D6, D6b, D7)."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable

from ...errors import RemoteUnavailable
from ...primitives import Term, clock
from .outage import Outage
from .proof import in_time
from .turns import Turns

__all__ = ["Vouching"]


class Vouching(Term):
    """A base of `Session`, which says when that changes.

    good_until: until when what is held is provably fresh, on the clock `now`; in seconds.
    proven_until: the same for others, who did not write what this process wrote (D15).
    """

    def __init__(self, service: str, outage: Outage) -> None:
        self.service = service
        self.good_until = -math.inf
        self.proven_until = -math.inf
        self.now = clock()
        self._outage = outage
        self._proof = asyncio.Event()
        self._turns = Turns()

    def live(self) -> bool:
        """Whether what is held is provably fresh at this moment."""
        return self.now() < self.good_until

    def proven(self) -> bool:
        """Whether it is so but for what this process has changed a moment ago (D15)."""
        return self.now() < self.proven_until

    def on_turn(self, handler: Callable[[], None]) -> Callable[[], None]:
        """Call `handler` whenever what is held ceases to be provably fresh, or is so again."""
        return self._turns.subscribe(handler)

    async def revalidate(self) -> None:
        """Return when what is held is proven fresh again, or was invalidated.

        Raises:
            RemoteUnavailable: neither happened in time, or there is a declared outage.
        """
        if self.over or self._outage.declared:
            await asyncio.sleep(0)  # see `Peer._fail_soon`
        if self.over:
            raise RemoteUnavailable(self.service, "the session with its host is over")
        if not self.live() and not self._outage.declared:
            self._proof.clear()
            self._changed()
            await in_time(self._proof.wait(), self.service, "its host is silent")
        if self._outage.declared:
            raise self._outage.error(self.service)

    def services(self) -> tuple[str, ...]:
        """Whose results come through it."""
        return (self.service,)

    @property
    def over(self) -> bool:
        """Whether nothing will be proven any more."""
        raise NotImplementedError

    def _changed(self) -> None:
        """Ask for what is to be proven."""
        raise NotImplementedError
