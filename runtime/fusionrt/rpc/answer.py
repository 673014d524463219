"""What comes back from a call, before anybody decodes it."""

from __future__ import annotations

import asyncio

from ..errors import FusionError
from ..wire.calls import Request
from ..wire.frames import Ending
from .registration import Registration

__all__ = ["Failed", "Pending"]


class Failed(FusionError):
    """Raised when a host answered with a failure; the room above makes a typed error of it."""

    def __init__(self, failure: Ending) -> None:
        self.failure = failure
        super().__init__(f"{failure.code}: {failure.message}")


class Pending:
    """A call without an answer yet.

    registration: what a compute call's result will be held by.
    id: in the session that it goes through.
    """

    __slots__ = ("answer", "id", "registration", "request")

    def __init__(self, request: Request, registration: Registration | None) -> None:
        self.request = request
        self.registration = registration
        self.answer: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self.id = 0

    def settle(self, payload: bytes) -> None:
        """The result is here."""
        if not self.answer.done():
            self.answer.set_result(payload)

    def fail(self, error: FusionError) -> None:
        """There is no result, and will be none."""
        if not self.answer.done():
            self.answer.set_exception(error)
