"""What ties a replica to the computed on a host that it stands for."""

from __future__ import annotations

import weakref
from typing import Any

from ..graph import SCOPE, Computed, Origin, OriginKind, invalidate, lean
from ..rpc import Peer, Registration

__all__ = ["registration_of"]


def registration_of(peer: Peer) -> Registration:
    """The registration of the replica whose body is running.

    The host's word invalidates the replica, also while its body still runs (D23); a replica that is
    invalidated here, or collected, is unsubscribed there (D17). Neither end keeps it alive.
    """
    replica = SCOPE.get()
    assert isinstance(replica, Computed)

    def invalidated(reason: str) -> None:
        computed = reference()
        if computed is not None:
            invalidate(computed, Origin(OriginKind.REMOTE, reason))

    def suspended(registration: Registration) -> None:
        computed = reference()
        if computed is not None:
            lean(computed, registration)

    registration = Registration(peer, invalidated, suspended)

    def released(_: Any) -> None:
        registration.release()

    reference = weakref.ref(replica, released)
    replica.on_invalidated(released)
    lean(replica, peer)
    return registration
