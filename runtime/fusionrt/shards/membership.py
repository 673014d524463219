"""`Membership`: this host's own lease, and what it thinks of those of the others (D20)."""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from ..errors import BrokerUnavailable
from ..primitives import clock, new_id
from ..transport import Outdated
from ..wire.limits import Timing
from .register import Member, Register

__all__ = ["Membership"]

SAFE: Final = 0.75
"""The share of a lease after which a host that could not renew it serves no more: the rest is for
clocks that do not run alike, and for a body that is slow to stop."""
AGAIN: Final = 0.2
"""Seconds after which the table is asked again that did not answer."""
TICK: Final = 0.001
"""Seconds by which a timer may be early, on another clock."""

_log = logging.getLogger("fusionrt")


class Membership:
    """A host among those of a service. It is one until its time is up, or somebody takes it out.

    id: new each time that it comes. good_until: how long it may serve what it owns, on its clock.
    """

    def __init__(
        self,
        service: str,
        host: str,
        register: Register,
        timing: Timing,
        lapsed: Callable[[], None],
    ) -> None:
        """host: its instance id. lapsed: is called when it is a member no longer."""
        self.id = ""
        self.good_until = -math.inf
        self.leaving = False
        self._service = service
        self._host = host
        self._register = register
        self._timing = timing
        self._lapsed = lapsed
        self._now = clock()
        self._revision = 0
        self._expiry: asyncio.TimerHandle | None = None
        self._renew_now = asyncio.Event()
        self._seen: dict[str, tuple[int, float]] = {}

    def check(self) -> bool:
        """Whether it is a member at this moment; if its time is up, it ceases to be one."""
        if self._now() < self.good_until:
            return True
        if self.good_until > -math.inf:
            self.good_until = -math.inf
            _log.warning(
                "%s: the lease of this host's shards could not be renewed in time; they go to "
                "other hosts until the broker's JetStream answers again",
                self._service,
            )
            self._lapsed()
        return False

    # -- its own lease --

    async def join(self) -> None:
        """Become a member.

        Raises:
            BrokerUnavailable: the table did not answer.
        """
        if self.id:  # as the one who it was it serves nothing any more
            await self.leave()
        self.id = new_id()
        await self._write(0)

    async def keep(self) -> None:
        """Renew its lease for ever; become a member again when it lapsed."""
        while True:
            pause = AGAIN
            with suppress(BrokerUnavailable, Outdated):
                await (self._renew() if self.check() else self.join())
                pause = self._timing.keep_alive
            with suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._renew_now.wait()
            self._renew_now.clear()

    def leave_soon(self) -> None:
        """Tell the others that it wants no shard any more."""
        self.leaving = True
        self._renew_now.set()

    async def leave(self) -> None:
        """Cease to be a member; what it owned is free."""
        self.good_until = -math.inf
        if self._expiry is not None:
            self._expiry.cancel()
        known = self._register.member(self.id)
        if known is not None:
            with suppress(Outdated):  # somebody else did
                await self._register.remove(self.id, known.revision)
        self.id = ""

    async def _renew(self) -> None:
        try:
            await self._write(self._revision)
        except Outdated:
            known = self._register.member(self.id)
            if known is None:  # the others took it for dead
                self.good_until = min(self.good_until, self._now())
                self.check()
                raise
            self._revision = known.revision  # a renewal of its own, whose answer was lost

    async def _write(self, last: int) -> None:
        sent = self._now()
        self._revision = await self._register.renew(
            self.id, self._host, leaving=self.leaving, last=last
        )
        self.good_until = sent + self._timing.lease * SAFE
        if self._expiry is not None:
            self._expiry.cancel()
        left = self.good_until - self._now()
        self._expiry = asyncio.get_running_loop().call_later(left + TICK, self.check)

    # -- the others --

    def present(self) -> list[Member]:
        """Who is there, as far as is known; those that are silent for a whole lease are not."""
        now = self._now()
        members = list(self._register.members())
        before, self._seen = self._seen, {}
        for member in members:
            revision, since = before.get(member.id, (0, now))
            self._seen[member.id] = (
                member.revision,
                since if revision == member.revision else now,
            )
        return [m for m in members if m.id == self.id or self._silent(m, now) < self._timing.lease]

    def _silent(self, member: Member, now: float) -> float:
        return now - self._seen[member.id][1]

    def silent(self) -> list[Member]:
        """Those that have not been heard of for a whole lease: they serve nothing any more."""
        present = {member.id for member in self.present()}
        return [member for member in self._register.members() if member.id not in present]

    def next_look(self) -> float:
        """Seconds until one of the others may have been silent for a whole lease."""
        now = self._now()
        times = [at for id, (_, at) in self._seen.items() if id != self.id]
        return max(TICK, min(times, default=math.inf) + self._timing.lease - now + TICK)
