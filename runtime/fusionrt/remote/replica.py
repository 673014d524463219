"""What ties a replica to the computed on a host that it stands for."""

from __future__ import annotations

import asyncio
import weakref
from typing import Any, Final

from ..graph import SCOPE, Computed, Origin, OriginKind, invalidate, lean
from ..primitives import run_in_loop
from ..rpc import Peer, Registration

__all__ = ["UNPROVEN", "lean_on", "registration_of"]

UNPROVEN: Final = 1.0
"""Seconds that a failure may be served which no host holds, and so nobody will invalidate."""


class _Tie(Registration):
    """The host's word invalidates the replica, also while its body still runs (D23); a replica that
    is invalidated here, or collected, is unsubscribed there (D17). Neither end keeps it alive.
    """

    __slots__ = ("_loop", "_replica")

    def __init__(self, peer: Peer, replica: Computed[Any]) -> None:
        super().__init__(peer)
        self._loop = asyncio.get_running_loop()
        self._replica = weakref.ref(replica, self._collected)
        replica.on_invalidated(self._left)

    def _collected(self, _: object) -> None:
        run_in_loop(self._loop, self.release)

    def _left(self, _: object) -> None:
        self.release()

    def on_invalidated(self, reason: str) -> None:
        computed = self._replica()
        if computed is not None:
            outline = f"a result of {self.peer.service} was invalidated"
            invalidate(computed, Origin(OriginKind.REMOTE, reason, outline=outline))

    def on_suspended(self) -> None:
        computed = self._replica()
        if computed is not None:
            lean(computed, self)


def registration_of(peer: Peer) -> Registration:
    """The registration of the replica whose body is running."""
    return _Tie(peer, _running())


def lean_on(registration: Registration, *, failed: bool) -> None:
    """Make the replica whose body is running as fresh as the session that its answer came through.

    An answer that no host holds proves nothing (D2): a failure is asked for again soon, a value is
    not cached at all.
    """
    if registration.session is not None:
        lean(_running(), registration.session)
    elif failed:
        asyncio.get_running_loop().call_later(UNPROVEN, registration.invalidated, "asked again")
    else:
        registration.invalidated("no host holds it")


def _running() -> Computed[Any]:
    replica = SCOPE.get()
    assert isinstance(replica, Computed)
    return replica
