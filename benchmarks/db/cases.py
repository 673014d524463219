"""What is measured, by which ways, and what has to hold."""

from __future__ import annotations

from dataclasses import dataclass

from .measure import Case
from .ways import COMPUTE, CORE, DICT, LOADER, SESSION

__all__ = ["BARS", "CASES", "FULL", "MANY", "QUICK", "SINGLE", "Bar", "Size"]

SINGLE = Case(1, False, 100)
MANY = Case(640, True, 10)

CASES = {
    SINGLE: (COMPUTE, SESSION, CORE, LOADER, DICT),
    MANY: (COMPUTE, SESSION, CORE, LOADER),
    Case(640, True, 1): (COMPUTE, SESSION),
    Case(640, True, 100): (COMPUTE, SESSION),
}


@dataclass(frozen=True)
class Bar:
    """Of `@compute`'s lookups to those of `session`, on PostgreSQL."""

    case: Case
    at_least: float


BARS = (Bar(SINGLE, 8_127), Bar(MANY, 1_968))


@dataclass(frozen=True)
class Size:
    """rounds: interleaved. seconds: of each measurement."""

    rounds: int
    seconds: float


FULL = Size(5, 2.0)
QUICK = Size(1, 0.4)
