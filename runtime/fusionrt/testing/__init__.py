"""What tests of services, and of the runtime itself, are made with."""

from __future__ import annotations

from .eventually import eventually
from .loop import BEGINNING, Deadlock, LeakedTasks, SeededLoop, run

__all__ = ["BEGINNING", "Deadlock", "LeakedTasks", "SeededLoop", "eventually", "run"]
