"""A run as a person reads it."""

from __future__ import annotations

import textwrap

from .log import Log
from .run import simulate
from .scenario import Scenario

__all__ = ["timeline"]


def timeline(scenario: Scenario, *, messages: bool = False) -> str:
    """Who was there, what happened when, how it ended, and how to see it again.

    messages: what was sent and came, too.
    """
    try:
        log, end = simulate(scenario), "everything holds"
    except Exception as error:
        told = getattr(error, "log", None)
        log = told if isinstance(told, Log) else Log(lambda: 0.0)
        end = f"{type(error).__name__}: {error}"
    events = [str(event) for event in log.events if messages or not event.subject]
    lines = [f"{scenario.topology}", *events, end, f"python -m tests.simulation {scenario.token}"]
    return "\n".join(textwrap.shorten(line, 4000) if line is end else line for line in lines)
