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
from .table import Entry, Outdated, Table

__all__ = [
    "Entry",
    "Handler",
    "Listener",
    "Message",
    "Outdated",
    "Subscription",
    "Table",
    "Transport",
    "TransportStatistics",
]
