"""`Ownership`: the shards of a service that this host owns, claims and hands over (D20, D22).

A shard has one owner at a time. It is handed over in this order: no body begins, clients are told
that what they hold of it is stale, what runs ends, the shard is free, its next owner claims it. An
owner that cannot renew its lease stops all of it before anybody else may claim.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Coroutine, Iterable
from contextlib import suppress
from typing import Any, Final, NamedTuple, Protocol

from ..errors import BrokerUnavailable
from ..primitives import background, stop_all
from ..transport import Outdated, Table
from ..wire.limits import Timing
from .lease import Owned
from .membership import AGAIN, Membership
from .register import Register
from .routing import host_of

__all__ = ["Keeper", "Ownership", "OwnershipStatistics"]

APART: Final = 0.05
"""Seconds that one shard's handover holds up the next one's; a body may take longer to end."""


class Keeper(Protocol):
    """Serves what is owned."""

    async def gained(self, shard: int) -> None:
        """A shard is owned from now on: let its callers come."""

    def lost(self, shard: int) -> None:
        """It is not to be served any more: what was cached of it is stale."""


class OwnershipStatistics(NamedTuple):
    """shards: that are owned, with their fencing tokens. hosts: that are known to be there.
    gained, lost: how often a shard came and went.
    """

    shards: dict[int, int]
    hosts: tuple[str, ...]
    gained: int
    lost: int


class Ownership:
    """See above."""

    def __init__(
        self, service: str, iid: str, count: int, table: Table, timing: Timing, keeper: Keeper
    ) -> None:
        self.service: Final = service
        self.count: Final = count
        self._iid = iid
        self._table = table
        self._register = Register(table)
        self._membership = Membership(service, iid, self._register, timing, self._lapsed)
        self._keeper = keeper
        self._owned: dict[int, Owned] = {}
        self._changed = asyncio.Event()
        self._none_left = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._gained = self._lost = 0

    # -- serving --

    def serving(self, shard: int) -> Owned | None:
        """The shard, if a body of it may begin here at this moment."""
        owned = self._owned.get(shard)
        return owned if owned is not None and owned.open and self._membership.check() else None

    def is_held(self, owned: Owned) -> bool:
        """Whether a shard is still this host's, though it may be on its way to another one."""
        return self._membership.check() and self._owned.get(owned.shard) is owned

    def holds(self, shard: int) -> bool:
        """The same, whenever it was claimed."""
        return shard in self._owned and self._membership.check()

    def check(self) -> None:
        """Stop everything if the lease is over: a host that was frozen finds that out here."""
        self._membership.check()

    # -- coming and going --

    async def open(self) -> None:
        """Become one of the service's hosts, and claim what is free.

        Raises:
            BrokerUnavailable: the broker keeps no tables, or cannot be reached.
        """
        await self._table.open(self._changed.set)
        await self._membership.join()
        await self._settle()
        self._spawn(self._membership.keep(), "lease")
        self._spawn(self._move(), "shards")

    async def drain(self) -> None:
        """Hand every shard over (D22)."""
        self._membership.leave_soon()
        self._changed.set()
        while self._owned:
            self._none_left.clear()
            await self._none_left.wait()

    async def close(self) -> None:
        """Own nothing any more."""
        await stop_all(self._tasks)
        self._lapsed()
        with suppress(BrokerUnavailable):  # the others will find out
            await self._membership.leave()
        await self._table.close()

    def statistics(self) -> OwnershipStatistics:
        """What is owned."""
        shards = {shard: owned.token for shard, owned in sorted(self._owned.items())}
        hosts = tuple(sorted(member.host for member in self._membership.present()))
        return OwnershipStatistics(shards, hosts, self._gained, self._lost)

    # -- moving shards --

    async def _move(self) -> None:
        while True:
            pause = self._membership.next_look()
            with suppress(TimeoutError):
                async with asyncio.timeout(None if pause == math.inf else pause):
                    await self._changed.wait()
            self._changed.clear()
            if not await self._settle():
                await asyncio.sleep(AGAIN)
                self._changed.set()

    async def _settle(self) -> bool:
        """Claim and hand over what should be: whether the table answered."""
        try:
            for member in self._membership.silent():
                await self._remove(member.id, member.revision)
            wanted = self._wanted()
            await asyncio.gather(*(self._claim(shard) for shard in self._free(wanted)))
            await self._hand_over_all(set(self._owned) - wanted)
            await self._let_go(wanted)
        except BrokerUnavailable:
            return False
        return True

    async def _remove(self, member: str, revision: int) -> None:
        with suppress(Outdated):  # it lives, or somebody was faster
            await self._register.remove(member, revision)

    def _wanted(self) -> set[int]:
        """The shards that should be this host's."""
        me = self._membership
        if me.leaving or not me.check():
            return set()
        hosts = {member.host for member in me.present() if not member.leaving} | {self._iid}
        return {shard for shard in range(self.count) if host_of(shard, hosts) == self._iid}

    def _free(self, wanted: Iterable[int]) -> list[int]:
        """Those of them that nobody serves: that nobody owns, or whose owner is gone."""
        alive = {member.id for member in self._register.members()} - {self._membership.id}
        return [
            shard
            for shard in wanted
            if shard not in self._owned and self._register.claim(shard).member not in alive
        ]

    async def _claim(self, shard: int) -> None:
        id = self._membership.id
        try:
            token = await self._register.write(shard, id, self._register.claim(shard).revision)
        except Outdated:
            return  # somebody was faster
        if self._membership.id == id and self._membership.check():
            self._owned[shard] = Owned(shard, token)
            self._gained += 1
            await self._keeper.gained(shard)

    async def _hand_over_all(self, shards: Iterable[int]) -> None:
        """One after the other; none waits for what runs under another one."""
        for owned in sorted((self._owned[shard] for shard in shards), key=lambda o: o.running):
            if owned.open:
                owned.close()
                task = self._spawn(self._hand_over(owned), "handover")
                await asyncio.wait({task}, timeout=APART)

    async def _hand_over(self, owned: Owned) -> None:
        self._keeper.lost(owned.shard)
        await owned.ended()
        if self._owned.get(owned.shard) is not owned:
            return  # the lease was lost meanwhile
        self._keeper.lost(owned.shard)  # what ended may have cached more
        self._drop(owned)
        try:
            await self._register.write(owned.shard, "", owned.token)
        except (Outdated, BrokerUnavailable):
            self._changed.set()

    async def _let_go(self, wanted: set[int]) -> None:
        """Free what is this host's by the table only: an answer was lost."""
        for shard in range(self.count):
            claim = self._register.claim(shard)
            mine = claim.member == self._membership.id
            if mine and shard not in wanted and shard not in self._owned:
                with suppress(Outdated):  # it is what it should be
                    await self._register.write(shard, "", claim.revision)

    def _drop(self, owned: Owned) -> None:
        del self._owned[owned.shard]
        self._lost += 1
        if not self._owned:
            self._none_left.set()

    def _lapsed(self) -> None:
        """Everything stops here and now."""
        for owned in list(self._owned.values()):
            owned.stop()
            self._drop(owned)
            self._keeper.lost(owned.shard)
        self._changed.set()

    def _spawn(self, coroutine: Coroutine[Any, Any, None], name: str) -> asyncio.Task[None]:
        task = background(coroutine, f"{name} of {self.service}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task
