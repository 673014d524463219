"""`Outlet`: the order in which a host sends, so that a client reads what it wrote (D15, D4): what a
command invalidates leaves before its result.
"""

from __future__ import annotations

import asyncio
import contextvars
import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from ...primitives import clock
from ...transport import Outbound
from ..loose import Loose
from .statistics import OutletStatistics

if TYPE_CHECKING:
    from .session import Session

__all__ = ["Outlet"]

MOMENT: Final = 0.001
"""Seconds between two messages that are hastened: of many commands most are told together."""


class Outlet:
    """One for all services of a host; it sends at the end of each tick of the loop.

    Within a session everything leaves in the order in which it was said. Between the sessions of
    one client, in other services, a command's invalidations are sent ahead of its result, so that
    its caller sees the one before the other (D15).

    loose: what commands have changed that no client was told of as its own.
    """

    def __init__(self, outbound: Outbound, loose: Loose | None = None) -> None:
        self.loose = loose or Loose()
        self._outbound = outbound
        self._loop = asyncio.get_running_loop()
        self._context = contextvars.Context()
        self._changed: dict[Session, None] = {}
        self._coming = 0
        """How many callbacks come after which all is sent anyway."""
        self._ahead = 0
        self._now = clock()
        self._hasten_again = -math.inf

    def changed(self, session: Session) -> None:
        """The session may have something to say."""
        if not self._changed and not self._coming:
            self._loop.call_soon(self.send, context=self._context)
        self._changed[session] = None

    def call_soon(self, callback: Callable[[], None]) -> None:
        """Call this in the next tick, and then send all that there is to say, in one go."""
        self._coming += 1
        self._loop.call_soon(self._called, callback, context=self._context)

    def _called(self, callback: Callable[[], None]) -> None:
        self._coming -= 1
        try:
            callback()
        finally:
            self.send()

    def flush(self, session: Session) -> int:
        """Send what it has to say now: so many messages. They leave at the end of the tick."""
        messages = session.outgoing()
        for data in messages:
            self._outbound.publish(session.reply_subject, data, held=True)
        return len(messages)

    def flush_others(self, session: Session) -> None:
        """A command's result is about to be said in this session: send now what the client's other
        sessions, in other services, have to say (D15).
        """
        for other in self._changed:
            if other is not session and other.client == session.client:
                self._ahead += self.flush(other)

    def statistics(self) -> OutletStatistics:
        """What is to be sent, and what was sent out of its turn."""
        return OutletStatistics(len(self._changed), self._ahead)

    def hasten(self) -> None:
        """Send now what a command that goes on has invalidated, unless that was done a moment ago.

        Whoever watches it asks again while the command is stored, answered and told.
        """
        if self._changed and (now := self._now()) >= self._hasten_again:
            self._hasten_again = now + MOMENT
            self._ahead += self._send()

    def send(self) -> None:
        """Send now what there is to say."""
        if self._changed:
            self._send()

    def _send(self) -> int:
        """So many messages."""
        changed, self._changed = self._changed, {}
        messages = 0
        for session in changed:
            messages += self.flush(session)
        self._outbound.push()
        return messages
