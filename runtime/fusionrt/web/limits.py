"""What browsers may cost a gateway (W9)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ..primitives import clock
from ..wire.limits import Quota

__all__ = ["BURST", "LARGEST", "PARTING", "Pace", "PageLimits"]

LARGEST: Final = 1024 * 1024
"""Bytes of a message, in either direction."""
PARTING: Final = 5.0
"""Seconds in which a page reads what was sent, and why it is closed."""
BURST: Final = 2.0
"""Seconds whose messages may come at once."""


@dataclass(frozen=True, slots=True)
class PageLimits:
    """What a page, and all pages of one browser, may have of a gateway. Beyond that a page is
    closed with a code that says why, or its calls are refused (`Overloaded`); no other is.

    pages: that are connected, of all browsers. own_pages: of one browser.
    messages: that a page sends in a second; each holds what it had to say in one turn of its loop.
    waiting: bytes that wait for a page that reads slowly; what is more it asks for again, later.
    patience: seconds in which it reads some of that.

    Of each service, for the pages of one browser together:
    calls: that run or wait for their turn. streams: that are open.
    held: results that are held for them; beyond that the oldest is invalidated (G34).
    bytes: of arguments of calls that wait, of items that no body has read, and of results that did
        not arrive yet.
    """

    pages: int = 10_000
    own_pages: int = 64
    messages: float = 1_000.0
    waiting: int = 4 * 1024 * 1024
    patience: float = 10.0
    calls: int = 1_000
    streams: int = 100
    held: int = 20_000
    bytes: int = 8 * 1024 * 1024

    @property
    def quota(self) -> Quota:
        """The same, as a host counts it: each page has one session with a service, and another one
        while it moves."""
        sessions = 2 * self.own_pages
        return Quota(sessions, self.calls, self.streams, self.held, self.bytes)


class Pace:
    """Counts messages against so many a second; what was not used in a moment can be later."""

    def __init__(self, messages: float) -> None:
        self._rate: Final = messages
        self._now: Final = clock()
        self._room = messages * BURST
        self._last = self._now()

    def took(self) -> bool:
        """One more came; whether that is not too many."""
        now = self._now()
        room = self._room + (now - self._last) * self._rate
        self._room = min(room, self._rate * BURST) - 1.0
        self._last = now
        return self._room >= 0.0
