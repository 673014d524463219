"""`Outlet`: sends what the seats of a host have to say, at the end of each tick of the loop."""

from __future__ import annotations

import asyncio
import contextvars
from typing import TYPE_CHECKING

from ...transport import Transport

if TYPE_CHECKING:
    from .session import Seat

__all__ = ["Outlet"]


class Outlet:
    """One for all services of a host: what a command invalidates in other services goes out before
    its result, so that its caller sees the one before the other (D15).
    """

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._loop = asyncio.get_running_loop()
        self._context = contextvars.Context()
        self._changed: dict[Seat, None] = {}

    def changed(self, seat: Seat) -> None:
        """The seat may have something to say."""
        if not self._changed:
            self._loop.call_soon(self._flush, context=self._context)
        self._changed[seat] = None

    def flush(self, seat: Seat) -> None:
        """Send what it has to say now."""
        for data in seat.session.outgoing():
            self._transport.publish(seat.reply_subject, data)

    def flush_others(self, seat: Seat) -> None:
        """Send now what the client's other seats, in other services, have to say."""
        for other in self._changed:
            if other is not seat and other.session.cid == seat.session.cid:
                self.flush(other)

    def _flush(self) -> None:
        changed, self._changed = self._changed, {}
        for seat in changed:
            self.flush(seat)
