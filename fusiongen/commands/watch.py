"""`watch`: a value now, and after each change, with the reason (D26)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Final

from fusionrt import RemoteUnavailable
from fusionrt.graph import Lease
from fusionrt.rpc import Failed, Peer, Registration
from fusionrt.wire.frames import Kind
from fusionrt.wire.refusals import OVERLOADED

from .call import Call, CallFailed, answered, request_of, said

__all__ = ["Change", "changes"]

RETRY: Final = 1.0
"""Seconds until a watch looks again for a service that is away."""


@dataclass(frozen=True)
class Change:
    """A value of a compute method, as JSON text, or why there is none; and what is new.

    reason: what invalidated the one before; of the same value, that nothing proves it fresh at the
        moment, or that something does again; empty for the first.
    """

    value: str
    problem: str
    reason: str


async def changes(peer: Peer, call: Call, timeout: float) -> AsyncIterator[Change]:
    """A value of a compute method now, and after each change, for ever.

    timeout: seconds that one call may take.

    Raises:
        CallFailed: the first call fails, and no change can mend that.
        RemoteUnavailable: no host serves it when the watch begins.
    """
    reason = problem = ""
    while True:
        watched = _Watched(peer)
        change = await _look(peer, call, timeout, watched, reason)
        if not problem or change.problem != problem:  # looked again, to find the same
            yield change
        problem = change.problem
        async for standing in watched.standings():
            yield replace(change, reason=standing)
        reason = await watched.invalidated


async def _look(peer: Peer, call: Call, timeout: float, watched: _Watched, reason: str) -> Change:
    registration = watched.registration
    request = request_of(call, Kind.COMPUTE, timeout)
    try:
        async with answered(call, timeout):
            payload = await peer.call(request, registration)
    except Failed as failed:
        if not registration.id:
            if not reason or failed.failure.code != OVERLOADED:
                raise CallFailed(call, failed.failure) from None
            watched.look_again()
        return Change("", f"{call.service}.{call.method} {said(failed.failure)}", reason)
    except (RemoteUnavailable, TimeoutError) as error:
        if not reason:
            raise
        watched.look_again()
        return Change("", str(error), reason)
    return Change(payload.decode(), "", reason)


class _Watch(Registration):
    """Tells that the result is stale."""

    def __init__(self, peer: Peer, settle: Callable[[str], None]) -> None:
        super().__init__(peer)
        self._settle = settle

    def on_invalidated(self, reason: str) -> None:
        self._settle(reason)


class _Watched:
    """A registered result: until it is invalidated, it may be suspended for a time (D26)."""

    def __init__(self, peer: Peer) -> None:
        self.invalidated: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self.registration = _Watch(peer, self.settle)
        self._peer = peer

    def settle(self, reason: str) -> None:
        """It is stale."""
        if not self.invalidated.done():
            self.invalidated.set_result(reason)

    def look_again(self) -> None:
        """There is none now: ask for it in a while."""
        asyncio.get_running_loop().call_later(RETRY, self.settle, "looked again")

    async def standings(self) -> AsyncIterator[str]:
        """That it was suspended, and why, or is fresh again; ends when it is invalidated."""
        news = asyncio.Event()
        suspended = False
        self.invalidated.add_done_callback(lambda _: news.set())
        with ExitStack() as subscribed:
            for lease in self._leases():
                subscribed.callback(lease.on_turn(news.set))
            while not self.invalidated.done():
                live = all(lease.live() for lease in self._leases())
                if live is suspended:
                    suspended = not live
                    yield f"suspended: {self._doubt()}" if suspended else "resumed"
                news.clear()
                await news.wait()

    def _leases(self) -> list[Lease]:
        session = self.registration.session
        return [self.registration] if session is None else [self.registration, session]

    def _doubt(self) -> str:
        if not self.registration.live():
            return "its own sources cannot be reached"
        lost = self._peer.why_silent()
        return "its host is silent" if lost is None else lost.problem
