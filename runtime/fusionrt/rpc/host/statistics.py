"""What the host's end tells of itself: facts of now, and counts since it began."""

from __future__ import annotations

from dataclasses import dataclass

from ...wire.host_events import HostSessionStatistics

__all__ = [
    "AccountStatistics",
    "GateStatistics",
    "OutletStatistics",
    "ResponderStatistics",
    "SessionStatistics",
]


@dataclass(frozen=True, slots=True)
class SessionStatistics:
    """A session with one client.

    client: its id. principal: whose inbox its welcome went to (D30).
    running: bodies that run for it, streams included. waiting: calls that wait for their turn.
    blocked: streams that wait for their reader (D18). deadlines: calls that fail when their time is
        up. held: results that are held for it (D3). session: what went through.
    """

    client: str
    principal: str
    running: int
    waiting: int
    blocked: int
    deadlines: int
    held: int
    session: HostSessionStatistics


@dataclass(frozen=True, slots=True)
class AccountStatistics:
    """What one principal has of a service now; see `Quota`.

    refused: calls and streams that were refused since its first session began, because it had too
        much.
    """

    principal: str
    sessions: int
    calls: int
    streams: int
    held: int
    bytes: int
    refused: int


@dataclass(frozen=True, slots=True)
class GateStatistics:
    """Who may run (D27). refused: calls and streams that were not let in, since it began.

    running: bodies, streams not counted. waiting: calls that wait for their turn. clients: of whom
        calls wait.
    """

    running: int
    waiting: int
    clients: int
    refused: int


@dataclass(frozen=True, slots=True)
class ResponderStatistics:
    """What one service does for its clients.

    sessions: with its clients. principals: whose these are, and what they have. gate: which calls
        run and wait. streams: that are open.
    unheard: one-way calls that failed, or were refused.
    dropped: messages that were no envelopes (D21). forged: messages of whoever did not prove to be
        the client that they named (D30).
    """

    sessions: tuple[SessionStatistics, ...]
    principals: tuple[AccountStatistics, ...]
    gate: GateStatistics
    streams: int
    unheard: int
    dropped: int
    forged: int

    @property
    def held(self) -> int:
        """Results that are held for clients."""
        return sum(session.held for session in self.sessions)


@dataclass(frozen=True, slots=True)
class OutletStatistics:
    """What a host sends to its clients.

    waiting: sessions that may have something to say at the end of this tick of the loop.
    ahead: messages that went out before a command's result, of what it invalidated (D15).
    """

    waiting: int
    ahead: int
