"""The outbox: events that commands store, and hosts take and do (O16)."""

from .claimer import Claimer
from .looking import DeadEvent, Outbox, OutboxCounts
from .storing import store_event
from .trimming import trim_events_forever

__all__ = [
    "Claimer",
    "DeadEvent",
    "Outbox",
    "OutboxCounts",
    "store_event",
    "trim_events_forever",
]
