"""What is measured, by which ways, and what has to hold."""

from __future__ import annotations

from dataclasses import dataclass

from .measure import Case
from .ways import COMPUTE, CORE, DICT, LOADER, SESSION

__all__ = ["BARS", "CASES", "FULL", "MANY", "QUICK", "SINGLE", "Bar", "Size"]

SINGLE = Case(1, False, 1_000)
"""Nobody waits for a turn: it gives one now and then only so that time can be told."""
MANY = Case(640, True, 10)
LESS, MORE = Case(640, True, 1), Case(640, True, 100)

CASES = {
    SINGLE: (COMPUTE, SESSION, CORE, LOADER, DICT),
    MANY: (COMPUTE, SESSION, CORE, LOADER),
    LESS: (COMPUTE, SESSION),
    MORE: (COMPUTE, SESSION),
}


@dataclass(frozen=True)
class Bar:
    """Of `@compute`'s lookups to those of `session`, on PostgreSQL."""

    case: Case
    at_least: float


BARS = (Bar(SINGLE, 8_127), *(Bar(case, 1_968) for case in (LESS, MANY, MORE)))


@dataclass(frozen=True)
class Size:
    """rounds: interleaved. seconds: of each measurement."""

    rounds: int
    seconds: float


FULL = Size(5, 2.0)
QUICK = Size(1, 0.4)
