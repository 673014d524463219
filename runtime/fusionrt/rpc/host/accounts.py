"""`Account`: what one principal has of a service, over all its sessions, and may have (D27, D30).

Many processes of one principal are one that asks for much. What it has is counted when that may be
too much, or a while ago: a call costs an addition. Whatever looks at each of its sessions does so
seldom: one principal may have thousands.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, NamedTuple

from ...primitives import clock
from ...wire.limits import Quota
from .statistics import AccountStatistics

if TYPE_CHECKING:
    from .session import Session

__all__ = ["Account", "Accounts", "Usage"]

RECOUNT: Final = 0.1
"""Seconds after which what a principal has is counted again, if it asks for more."""
AGAIN: Final = 0.01
"""The same where it has too much."""
EACH: Final = 1000
"""Sessions that are counted so often; of more it is done less often, so that it costs no more."""


class Usage(NamedTuple):
    """What a session has. calls: that run or wait. streams: that are open. bytes: of the arguments
    of calls that wait, of items that were sent and not read, and of results that its client does
    not have yet.
    """

    calls: int
    streams: int
    bytes: int


class Account:
    """Of one principal.

    refused: calls and streams that were refused because it had too much. most: no session of it
        holds more results.
    """

    def __init__(self, principal: str, quota: Quota) -> None:
        self.principal: Final = principal
        self.sessions: dict[Session, None] = {}
        self.refused = self.most = 0
        self._quota: Final = quota
        self._now: Final = clock()
        self._calls = self._streams = self._bytes = 0
        self._stale = self._closed = self._now()

    def join(self, session: Session) -> None:
        """A session begins: the others may hold less from now on (G34)."""
        self.sessions[session] = None
        if self.most > self.held:
            self.most = self.held
            for each in self.sessions:
                each.trim()

    @property
    def full(self) -> bool:
        """Whether it may open no further session."""
        return len(self.sessions) >= self._quota.sessions

    @property
    def held(self) -> int:
        """Results that each of its sessions may hold."""
        return self._quota.held // max(1, len(self.sessions))

    def admits(self, calls: int = 0, streams: int = 0) -> bool:
        """Whether it may make so many calls, or open so many streams, more."""
        self._calls += calls
        self._streams += streams
        quota = self._quota
        if (
            self._calls <= quota.calls
            and self._streams <= quota.streams
            and self._now() < self._stale
        ):
            return True
        return self._admits(calls, streams)

    def _admits(self, calls: int, streams: int) -> bool:
        """The same, by what it has now: where that was too much, as of a moment ago."""
        now, quota = self._now(), self._quota
        if counted := now >= self._closed:
            self._count()
            self._calls += calls
            self._streams += streams
        if (
            self._calls <= quota.calls
            and self._streams <= quota.streams
            and self._bytes <= quota.bytes
        ):
            return True
        if counted:
            self._closed = now + self._after(AGAIN)
        self._calls -= calls
        self._streams -= streams
        self.refused += calls + streams
        return False

    def _count(self) -> None:
        self._calls = self._streams = self._bytes = 0
        for session in self.sessions:
            calls, streams, size = session.usage()
            self._calls += calls
            self._streams += streams
            self._bytes += size
        fine = self._bytes <= self._quota.bytes
        self._stale = self._now() + self._after(RECOUNT) if fine else -math.inf

    def _after(self, seconds: float) -> float:
        return seconds * max(1.0, len(self.sessions) / EACH)

    def statistics(self) -> AccountStatistics:
        """What it has now."""
        self._count()
        return AccountStatistics(
            principal=self.principal,
            sessions=len(self.sessions),
            calls=self._calls,
            streams=self._streams,
            held=sum(session.held for session in self.sessions),
            bytes=self._bytes,
            refused=self.refused,
        )


class Accounts:
    """Of all principals that have a session."""

    def __init__(self, quota: Quota) -> None:
        self._quota: Final = quota
        self._by_principal: dict[str, Account] = {}

    def has_room(self, principal: str) -> bool:
        """For one more session of it."""
        account = self._by_principal.get(principal)
        return self._quota.sessions > 0 if account is None else not account.full

    def of(self, principal: str) -> Account:
        """Its account; say `forget` when a session of it has ended."""
        account = self._by_principal.get(principal)
        if account is None:
            account = self._by_principal[principal] = Account(principal, self._quota)
        return account

    def forget(self, session: Session) -> None:
        """It has ended."""
        account = session.account
        account.sessions.pop(session, None)
        if not account.sessions:
            self._by_principal.pop(account.principal, None)

    def statistics(self) -> tuple[AccountStatistics, ...]:
        """Of each."""
        return tuple(account.statistics() for account in self._by_principal.values())
