"""Times (D6, D8, D14) and bounds (D18, D27) of the protocol; both ends must agree on them."""

from __future__ import annotations

from dataclasses import dataclass, fields

from ..options import count

__all__ = ["Limits", "Quota", "Timing"]


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds.

    keep_alive: between keep-alives that are answered.
    lease: how long an answer proves anything, from when its question was sent (D6).
    session: how long a host remembers a silent client; longer than the lease (D8).
    probe: until an unanswered keep-alive or resync is sent again.
    hello: between hellos while none is answered.
    """

    keep_alive: float = 2.0
    lease: float = 6.0
    session: float = 10.0
    probe: float = 1.0
    hello: float = 1.0


@dataclass(frozen=True, slots=True)
class Quota:
    """What one principal may have of a service on one host, over all its processes (D27, D30).

    Beyond that it is refused (`Overloaded`), and nobody else is.

    sessions: with processes of it.
    calls: that run, or wait for their turn. streams: that are open.
    held: results that are held for it; each session has an equal part, and beyond it the oldest is
        invalidated (G34).
    bytes: of arguments of calls that wait, of items that were sent and no body has read, and of
        results that its processes do not have yet.
    """

    sessions: int = 5_000
    calls: int = 50_000
    streams: int = 5_000
    held: int = 1_000_000
    bytes: int = 256 * 1024 * 1024

    def __post_init__(self) -> None:
        """Raises:
        ArgumentError: it would refuse everything.
        """
        for field in fields(self):
            count("Quota", field.name, getattr(self, field.name), 1)


@dataclass(frozen=True, slots=True)
class Limits:
    """Bytes and counts.

    max_bytes: the largest message that the transport carries.
    batch_bytes: a message is closed at this size, unless a single frame is larger.
    window, window_bytes: of a stream, how much may be under way beyond what was consumed (D18): one
        more item may be sent while there are fewer items than that, and fewer bytes.
    items: of a stream, the most in one frame.
    ids: the most ids in one frame; longer lists come in parts.
    kept_frames, kept_bytes: results that a host keeps until the client has them; beyond
        that the oldest is forgotten, and a client that lacks it is told so (D2).
    held: results that a host holds for one session; beyond that the oldest is invalidated (G34).
    entries: ids that a host remembers for one session; a client that goes beyond is rejected.
    sessions: that a host keeps for one service; more are refused until one ends or expires.
    streams: of one service that are open at a time; more are refused (D27). They are counted apart
        from running calls: most streams wait for something to tell, and must not hold up calls.
    under_way: calls of one session that its host has and did not answer yet, streams not counted.
    waiting: further calls, which wait in the client's process; beyond that they are refused (D27).
    """

    max_bytes: int = 1024 * 1024
    batch_bytes: int = 32 * 1024
    window: int = 4096
    window_bytes: int = 1024 * 1024
    items: int = 512
    ids: int = 4096
    kept_frames: int = 10_000
    kept_bytes: int = 16 * 1024 * 1024
    held: int = 100_000
    entries: int = 500_000
    sessions: int = 10_000
    streams: int = 10_000
    under_way: int = 1000
    waiting: int = 100_000
