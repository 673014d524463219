"""`Outlet`: the order in which a host sends, so that a client reads what it wrote (D15, D4): what a
command invalidates leaves before its result.
"""

from __future__ import annotations

import asyncio
import contextvars
from typing import TYPE_CHECKING

from ...transport import Transport
from .statistics import OutletStatistics

if TYPE_CHECKING:
    from .session import Session

__all__ = ["Outlet"]


class Outlet:
    """One for all services of a host; it sends at the end of each tick of the loop.

    Within a session everything leaves in the order in which it was said. Between the sessions of
    one client, in other services, a command's invalidations are sent ahead of its result, so that
    its caller sees the one before the other (D15).
    """

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._loop = asyncio.get_running_loop()
        self._context = contextvars.Context()
        self._changed: dict[Session, None] = {}
        self._ahead = 0

    def changed(self, session: Session) -> None:
        """The session may have something to say."""
        if not self._changed:
            self._loop.call_soon(self.flush_all, context=self._context)
        self._changed[session] = None

    def flush(self, session: Session) -> int:
        """Send what it has to say now: so many messages."""
        messages = session.outgoing()
        for data in messages:
            self._transport.publish(session.reply_subject, data)
        return len(messages)

    def flush_others(self, session: Session) -> None:
        """A command's result is about to be said in this session: send now what the client's other
        sessions, in other services, have to say (D15).
        """
        for other in self._changed:
            if other is not session and other.wire.cid == session.wire.cid:
                self._ahead += self.flush(other)

    def statistics(self) -> OutletStatistics:
        """What is to be sent, and what was sent out of its turn."""
        return OutletStatistics(len(self._changed), self._ahead)

    def flush_all(self) -> None:
        """Send all that there is to say, without waiting for the end of the tick."""
        changed, self._changed = self._changed, {}
        if sum(self.flush(session) for session in changed):
            self._transport.push()
