"""What tests of services, and of the runtime itself, are made with."""

from __future__ import annotations

from .conventions import NeedlessInvalidation, invalidates_what_it_changes
from .loop import Deadlock, LeakedTasks, SeededLoop, run

__all__ = [
    "Deadlock",
    "LeakedTasks",
    "NeedlessInvalidation",
    "SeededLoop",
    "invalidates_what_it_changes",
    "run",
]
