"""`Failed`: what the other end told of a failure, before the room above makes an error of it."""

from __future__ import annotations

from ..errors import FusionError
from ..wire.frames import Ending

__all__ = ["Failed"]


class Failed(FusionError):
    """Raised when a host answered with a failure; the room above makes a typed error of it."""

    def __init__(self, failure: Ending) -> None:
        self.failure = failure
        super().__init__(f"{failure.code}: {failure.message}")
