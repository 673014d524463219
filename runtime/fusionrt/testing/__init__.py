"""What tests of services, and of the runtime itself, are made with."""

from __future__ import annotations

from .conventions import NeedlessInvalidation, invalidates_what_it_changes
from .eventually import eventually
from .loop import BEGINNING, Deadlock, LeakedTasks, SeededLoop, run
from .recompute import Stale, stale

__all__ = [
    "BEGINNING",
    "Deadlock",
    "LeakedTasks",
    "NeedlessInvalidation",
    "SeededLoop",
    "Stale",
    "eventually",
    "invalidates_what_it_changes",
    "run",
    "stale",
]
