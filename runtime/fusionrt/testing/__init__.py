"""What tests of services, and of the runtime itself, are made with."""

from __future__ import annotations

from .brokers import brokers
from .conventions import NeedlessInvalidation, invalidates_what_it_changes
from .eventually import eventually
from .loop import BEGINNING, Deadlock, LeakedTasks, SeededLoop, run
from .recompute import Stale, stale
from .ways import Reach, Way, reaching

__all__ = [
    "BEGINNING",
    "Deadlock",
    "LeakedTasks",
    "NeedlessInvalidation",
    "Reach",
    "SeededLoop",
    "Stale",
    "Way",
    "brokers",
    "eventually",
    "invalidates_what_it_changes",
    "reaching",
    "run",
    "stale",
]
