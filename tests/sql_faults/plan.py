"""What goes wrong in a run, and where; a seed makes it."""

from __future__ import annotations

import dataclasses
import itertools
import random
from dataclasses import dataclass
from enum import Enum
from typing import Final

from .hints import Hints
from .points import Point

__all__ = ["GRID", "SQLITE_GRID", "Action", "Plan", "Round", "draw", "stopped_for_long"]


class Action(Enum):
    """What goes wrong."""

    KILL = "the host is killed, and another one started"
    FREEZE = "the host stops for a while"
    CUT_BROKER = "its connection to the broker is cut"
    CUT_DATABASE = "its connections to the database are cut"
    LOSE_COMMIT = "its connections to the database are cut, and COMMIT never comes there"
    LOSE_ANSWER = "its connections to the database are cut, and the answer to COMMIT is lost"
    SWALLOW_DATABASE = "its connections to the database swallow all"

    @property
    def is_of_database(self) -> bool:
        """Whether it needs a connection: SQLite has none."""
        return self.name not in ("KILL", "FREEZE", "CUT_BROKER")


@dataclass(frozen=True)
class Round:
    """One fault, when a host has come to a point."""

    point: Point
    action: Action

    def __str__(self) -> str:
        return f"{self.point.name}: {self.action.name}"


_AT = {
    Point.IN_COMMIT: (Action.KILL, Action.FREEZE, Action.LOSE_COMMIT, Action.LOSE_ANSWER),
    Point.ANY: (*list(Action)[:4], Action.SWALLOW_DATABASE),
}
_PLAIN = tuple(Action)[:4]

GRID: Final = tuple(Round(point, action) for point in Point for action in _AT.get(point, _PLAIN))
SQLITE_GRID: Final = tuple(round for round in GRID if not round.action.is_of_database)


@dataclass(frozen=True)
class Plan:
    """rounds: while commands run. alone: then, each in the only command.
    hints: what becomes of nudges meanwhile. deaf: at the end they are all lost.
    retention: seconds that operations are kept. mutant: the mistake that the runtime has.
    """

    seed: int
    sqlite: bool
    rounds: tuple[Round, ...]
    alone: tuple[Round, ...]
    hints: Hints
    deaf: bool
    retention: float = 1800.0
    mutant: str = ""

    def __str__(self) -> str:
        kind = "sqlite" if self.sqlite else "postgres"
        return f"{kind} {self.seed}" + (" stopped" if self.retention < 60 else "")


def draw(seed: int, *, sqlite: bool = False, rounds: int = 10) -> Plan:
    """The plan of a seed; a few of them together have everything at every point."""
    grid = [*(SQLITE_GRID if sqlite else GRID)]
    random.Random(0).shuffle(grid)
    first = seed * rounds % len(grid)
    chosen = tuple(itertools.islice(itertools.cycle(grid), first, first + rounds))
    alone = tuple(itertools.islice(itertools.cycle(reversed(grid)), first, first + rounds // 2))
    source = random.Random(seed)
    hints = Hints(*(source.choice((0.0, 0.3)) for _ in dataclasses.fields(Hints)))
    return Plan(seed, sqlite, chosen, alone, hints, deaf=seed % 2 == 0)


def stopped_for_long(seed: int, *, sqlite: bool = False) -> Plan:
    """Hosts are stopped for longer than operations are kept."""
    rounds = (Round(Point.ANY, Action.FREEZE),) * 2
    return Plan(seed, sqlite, rounds, rounds, Hints(lost=0.3), deaf=True, retention=2.0)
