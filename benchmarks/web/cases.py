"""How many pages, of what, how often."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["FULL", "OURS", "PEERS", "POLL", "POLLING", "QUICK", "SOCKET_IO", "Size"]

OURS, SOCKET_IO, POLLING = "fusiongen", "python-socketio", "FastAPI, polled"
POLL = 2.0
"""Seconds from one poll of a page to its next."""
PEERS = {
    OURS: ("ours", ("fusiongen", "msgspec", "nats-py", "starlette", "uvicorn", "websockets")),
    SOCKET_IO: ("socket_io", ("python-socketio", "python-engineio", "uvloop")),
    POLLING: ("polling", ("fastapi", "pydantic", "httptools", "uvloop")),
}
"""The module of each, in `served` and `pages`, and the packages that its speed depends on."""


@dataclass(frozen=True)
class Size:
    """pages: that are open, each with a socket of its own. keys: that each of them watches.

    rounds: interleaved. ones, alls: changes of one key and of all, in a round. rest: seconds in
    which nothing changes.
    """

    pages: int
    keys: int
    rounds: int
    ones: int
    alls: int
    rest: float


FULL = Size(pages=1_000, keys=100, rounds=3, ones=10, alls=2, rest=5.0)
QUICK = Size(pages=50, keys=10, rounds=1, ones=3, alls=2, rest=1.0)
