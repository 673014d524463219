"""What the client's end tells of itself: facts of now, and counts since it began."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ...wire.client_events import ClientSessionStatistics

__all__ = ["CallerStatistics", "PeerStatistics", "SessionStatistics"]


@dataclass(frozen=True, slots=True)
class SessionStatistics:
    """A session with one host.

    host: its instance id; None until one took the session.
    leaving: whether that host shuts down: what runs there ends, nothing new begins (D22).
    live: whether what is held is provably fresh. unproven: the age of the last proof, in seconds;
        infinite before the first.
    calls: calls without an answer, and streams without an end.
    deadlines: of these, calls that fail when their time is up.
    held: results that the host holds for this process, and will tell of (D3).
    session: what went through.
    """

    host: str | None
    leaving: bool
    live: bool
    unproven: float
    calls: int
    deadlines: int
    held: int
    session: ClientSessionStatistics


@dataclass(frozen=True, slots=True)
class PeerStatistics:
    """This process's way to one service.

    sessions: with its hosts: one, or more while a host shuts down (D22); none before the first
        call.
    is_lost: whether no host answered when one was looked for, and none did since.
    refused: reads that were refused before there was a call, for they could not be served in time.
    """

    sessions: tuple[SessionStatistics, ...]
    is_lost: bool
    refused: int

    @property
    def deadlines(self) -> int:
        """Calls that fail when their time is up."""
        return sum(session.deadlines for session in self.sessions)

    @property
    def calls(self) -> int:
        """Calls without an answer, and streams without an end."""
        return sum(session.calls for session in self.sessions)

    @property
    def held(self) -> int:
        """Results that hosts of the service hold for this process."""
        return sum(session.held for session in self.sessions)


@dataclass(frozen=True, slots=True)
class CallerStatistics:
    """The client's end of a process.

    cid: its id in the subjects. lost_broker: the broker to which the connection is lost; empty
        while there is one (D26). peers: the services that it has clients of, by their names.
    """

    cid: str
    lost_broker: str
    peers: Mapping[str, PeerStatistics]
