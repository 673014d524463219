"""What comes back from a call, before anybody decodes it; who gives up stops its host (D19)."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from ...errors import FusionError
from ...wire.calls import Request
from ...wire.frames import Ending
from .registration import Registration

if TYPE_CHECKING:
    from .session import Session

__all__ = ["Failed", "Pending"]


class Failed(FusionError):
    """Raised when a host answered with a failure; the room above makes a typed error of it."""

    def __init__(self, failure: Ending) -> None:
        self.failure = failure
        super().__init__(f"{failure.code}: {failure.message}")


class Pending:
    """A call without an answer yet.

    registration: what a compute call's result will be held by.
    session, id: where it was sent.
    lost: how many hosts were lost while they ran it.
    """

    __slots__ = ("answer", "id", "lost", "registration", "request", "session")

    def __init__(self, request: Request, registration: Registration | None) -> None:
        self.request = request
        self.registration = registration
        self.answer: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self.session: Session | None = None
        self.id = 0
        self.lost = 0

    def settle(self, payload: bytes) -> None:
        """The result is here."""
        if not self.answer.done():
            self.answer.set_result(payload)

    def fail(self, error: FusionError) -> None:
        """There is no result, and will be none."""
        if not self.answer.done():
            self.answer.set_exception(error)

    def expire(self) -> None:
        """Its time is up."""
        if not self.answer.done():
            self.answer.set_exception(TimeoutError())
            self.give_up()

    def give_up(self) -> None:
        """Nobody waits for it any more: its host stops (D19)."""
        if self.answer.done() and not self.answer.cancelled():
            self.answer.exception()  # came too late to be seen: not an error that got lost
        if self.session is not None:
            self.session.cancel(self)
