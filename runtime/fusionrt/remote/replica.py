"""What ties a replica to the computed on a host that it stands for."""

from __future__ import annotations

import asyncio
import weakref
from typing import Any, Final

from ..graph import SCOPE, Computed, Origin, OriginKind, invalidate, lean
from ..primitives import run_in_loop
from ..rpc import Peer, Registration

__all__ = ["lean_on", "registration_of"]

UNPROVEN: Final = 1.0
"""Seconds that a failure may be served which no host holds, and so nobody will invalidate."""


def registration_of(peer: Peer) -> Registration:
    """The registration of the replica whose body is running.

    The host's word invalidates the replica, also while its body still runs (D23); a replica that is
    invalidated here, or collected, is unsubscribed there (D17). Neither end keeps it alive.
    """
    replica = _running()

    def invalidated(reason: str) -> None:
        computed = reference()
        if computed is not None:
            outline = f"a result of {peer.service} was invalidated"
            invalidate(computed, Origin(OriginKind.REMOTE, reason, outline=outline))

    def suspended(registration: Registration) -> None:
        computed = reference()
        if computed is not None:
            lean(computed, registration)

    registration = Registration(peer, invalidated, suspended)

    loop = asyncio.get_running_loop()

    def dropped(_: Any) -> None:
        run_in_loop(loop, registration.release)

    reference = weakref.ref(replica, dropped)
    replica.on_invalidated(lambda _: registration.release())
    return registration


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
