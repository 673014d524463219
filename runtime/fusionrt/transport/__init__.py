"""Moving bytes between processes: the `Transport` protocol, and one over NATS, one in memory."""

from __future__ import annotations

from .base import (
    Handler,
    Listener,
    Message,
    Outbound,
    Subscription,
    Transport,
    TransportStatistics,
    check_subject,
)
from .journal import Appended, Extent, Journal, JournalReader, Kept, Record, Stop
from .table import Entry, Outdated, Table

__all__ = [
    "Appended",
    "Entry",
    "Extent",
    "Handler",
    "Journal",
    "JournalReader",
    "Kept",
    "Listener",
    "Message",
    "Outbound",
    "Outdated",
    "Record",
    "Stop",
    "Subscription",
    "Table",
    "Transport",
    "TransportStatistics",
    "check_subject",
]
