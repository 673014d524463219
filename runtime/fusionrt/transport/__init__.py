"""Moving bytes between processes: the `Transport` protocol, and one over NATS, one in memory."""

from __future__ import annotations

from .base import (
    Handler,
    Listener,
    Message,
    Subscription,
    Transport,
    TransportStatistics,
)

__all__ = [
    "Handler",
    "Listener",
    "Message",
    "Subscription",
    "Transport",
    "TransportStatistics",
]
