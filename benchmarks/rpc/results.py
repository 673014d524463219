"""What a run found, of all rounds; kept in a file."""

from __future__ import annotations

import os
import platform
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Self

import msgspec

from .patterns import Found
from .peers import PEERS

__all__ = ["FOLDER", "Results", "Rounds", "ratios", "short"]

FOLDER = Path(__file__).with_name("results")

Rounds = list[float]
"""A figure of each round."""


class Results(msgspec.Struct):
    """By case, peer and measure, of each round.

    goodput: by kind of body: pairs, at capacity and at ten times that load.
    note: what a reader has to know of this run.
    """

    python: str
    machine: str
    packages: dict[str, str]
    seconds: float
    measures: dict[str, dict[str, dict[str, Rounds]]]
    goodput: dict[str, list[tuple[float, float]]]
    note: str = ""

    @classmethod
    def here(cls, seconds: float, note: str) -> Self:
        """Of this Python on this machine; nothing is found yet."""
        names = sorted({package for _, packages in PEERS.values() for package in packages})
        machine = f"{platform.machine()}, {os.cpu_count()} cores"
        packages = {name: version(name) for name in names}
        return cls(platform.python_version(), machine, packages, seconds, {}, {}, note)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Those of a file."""
        return msgspec.json.decode(path.read_bytes(), type=cls)

    def save(self, path: Path) -> None:
        """Into a file."""
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(msgspec.json.format(msgspec.json.encode(self), indent=1) + b"\n")

    def add(self, case: str, peer: str, found: Found) -> None:
        """What one round found."""
        measures = self.measures.setdefault(case, {}).setdefault(peer, {})
        for measure, value in found.items():
            measures.setdefault(measure, []).append(value)

    @property
    def minor(self) -> str:
        """The version of Python, without its last part."""
        return self.python.rpartition(".")[0]

    def rounds(self, case: str, peer: str, measure: str) -> Rounds:
        """One figure, of each round."""
        return self.measures[case][peer][measure]

    def median(self, case: str, peer: str, measure: str) -> float:
        """The median of the rounds."""
        return median(self.rounds(case, peer, measure))


def ratios(above: Rounds, below: Rounds) -> Rounds:
    """Of each round: a machine that is slower for a while is slower for both."""
    return [one / other for one, other in zip(above, below, strict=True)]


def short(value: float) -> str:
    """In three digits, or without a fraction."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
