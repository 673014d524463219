"""What a caller is told of a call that was refused: there is no time to serve it (D27), or it is
another host's to serve (D20). It did not run.
"""

from __future__ import annotations

from typing import Annotated, Final

import msgspec

from .frames import Ending, Natural

__all__ = [
    "LEASE_LOST",
    "MOVED",
    "OVERLOADED",
    "RETRY_AFTER",
    "Refusal",
    "lease_lost",
    "moved",
    "moved_shard",
    "refusal",
    "refused",
]

MOVED: Final = "moved"
"""The code of a call whose shard another host owns, or will own; its data is the shard."""
LEASE_LOST: Final = "lease_lost"
"""The code of a call that was stopped: its host lost the shard while it ran."""

OVERLOADED: Final = "overloaded"
"""The code of such a failure; its data is a `Refusal`."""
RETRY_AFTER: Final = 1.0
"""Seconds after which to try again where nobody can tell when there is room."""

_MESSAGE: Final = "more calls wait than can be served in time"
_encode = msgspec.msgpack.Encoder().encode
_decode_shard = msgspec.msgpack.Decoder(Natural).decode


class Refusal(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """retry_after: seconds. service, method: what is overloaded; empty: what was called."""

    retry_after: Annotated[float, msgspec.Meta(ge=0.0, le=3600.0)]
    service: str = ""
    method: str = ""


def refusal(retry_after: float, service: str = "", method: str = "") -> Ending:
    """The failure that tells it."""
    return Ending(OVERLOADED, _MESSAGE, _encode(Refusal(retry_after, service, method)))


def refused(data: bytes) -> Refusal:
    """What such a failure tells."""
    try:
        return msgspec.msgpack.decode(data, type=Refusal)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return Refusal(RETRY_AFTER)


def moved(shard: int) -> Ending:
    """The failure of a call whose shard is not owned where it came."""
    return Ending(MOVED, f"this host does not own shard {shard}", _encode(shard))


def moved_shard(data: bytes) -> int | None:
    """The shard that such a failure tells."""
    try:
        return _decode_shard(data)
    except (msgspec.MsgspecError, ValueError):
        return None


def lease_lost(shard: int) -> Ending:
    """The failure of a call that was stopped as it ran."""
    return Ending(LEASE_LOST, f"its host lost shard {shard} while it ran", _encode(shard))
