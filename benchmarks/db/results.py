"""What a run found, of all rounds; kept in a file."""

from __future__ import annotations

import os
import platform
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Self

import msgspec

from .measure import Case, Found
from .ways import SESSION

__all__ = ["Results"]

PACKAGES = "aiodataloader", "aiosqlite", "asyncpg", "fusiongen", "sqlalchemy"


class Results(msgspec.Struct):
    """By database, case and way, of each round: lookups and writes a second.

    note: what a reader has to know of this run.
    """

    python: str
    machine: str
    packages: dict[str, str]
    rounds: int
    seconds: float
    note: str
    lookups: dict[str, dict[str, dict[str, list[float]]]]
    writes: dict[str, dict[str, dict[str, list[float]]]]

    @classmethod
    def here(cls, rounds: int, seconds: float, note: str) -> Self:
        """Of this Python on this machine; nothing is found yet."""
        machine = f"{platform.machine()}, {os.cpu_count()} cores"
        packages = {name: version(name) for name in PACKAGES}
        return cls(platform.python_version(), machine, packages, rounds, seconds, note, {}, {})

    @classmethod
    def load(cls, path: Path) -> Self:
        """Those of a file."""
        return msgspec.json.decode(path.read_bytes(), type=cls)

    def save(self, path: Path) -> None:
        """Into a file."""
        path.write_bytes(msgspec.json.format(msgspec.json.encode(self), indent=1) + b"\n")

    def add(self, database: str, case: Case, way: str, found: Found) -> None:
        """What one round found."""
        for kept, value in ((self.lookups, found.lookups), (self.writes, found.writes)):
            ways = kept.setdefault(database, {}).setdefault(case.name, {})
            ways.setdefault(way, []).append(value)

    def ratios(self, database: str, case: str, way: str) -> list[float]:
        """To `session`, of each round: a machine that is slower for a while is so for both."""
        ways = self.lookups[database][case]
        return [one / other for one, other in zip(ways[way], ways[SESSION], strict=True)]

    def ratio(self, database: str, case: str, way: str) -> float:
        """The median of the rounds'."""
        return median(self.ratios(database, case, way))
