"""What tests of services, and of the runtime itself, are made with."""

from __future__ import annotations

from .eventually import eventually
from .loop import BEGINNING, Deadlock, LeakedTasks, SeededLoop, run
from .recompute import Stale, stale

__all__ = [
    "BEGINNING",
    "Deadlock",
    "LeakedTasks",
    "SeededLoop",
    "Stale",
    "eventually",
    "run",
    "stale",
]
