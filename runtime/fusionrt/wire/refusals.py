"""What a caller is told of a call that was refused, for want of time to serve it (D27)."""

from __future__ import annotations

from typing import Annotated, Final

import msgspec

from .frames import Ending

__all__ = ["OVERLOADED", "RETRY_AFTER", "Refusal", "refusal"]

OVERLOADED: Final = "overloaded"
"""The code of such a failure; its data is a `Refusal`."""
RETRY_AFTER: Final = 1.0
"""Seconds after which to try again where nobody can tell when there is room."""

_MESSAGE: Final = "more calls wait than can be served in time"
_encode = msgspec.msgpack.Encoder().encode


class Refusal(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """retry_after: seconds. service, method: what is overloaded; empty: what was called."""

    retry_after: Annotated[float, msgspec.Meta(ge=0.0, le=3600.0)]
    service: str = ""
    method: str = ""


def refusal(retry_after: float, service: str = "", method: str = "") -> Ending:
    """The failure that tells it."""
    return Ending(OVERLOADED, _MESSAGE, _encode(Refusal(retry_after, service, method)))
