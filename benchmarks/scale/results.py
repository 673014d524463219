"""What was measured with so many clients, hosts and replicas; a file each."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable
from pathlib import Path
from statistics import median
from typing import Self

import msgspec

__all__ = ["COMMANDS", "Plan", "Point", "Spent", "all_points", "machine"]

FOLDER = Path(__file__).with_name("results")
COMMANDS = 1_000
"""Of runs with few clients."""


class Plan(msgspec.Struct, frozen=True, order=True):
    """So many clients, and hosts of one service; each client has a replica of each of the keys.

    rounds: how often these keys are changed.
    """

    clients: int
    hosts: int
    keys: int
    rounds: int

    @property
    def replicas(self) -> int:
        """Of all clients."""
        return self.clients * self.keys

    def __str__(self) -> str:
        return f"{self.clients}x{self.hosts}x{self.keys}"


class Spent(msgspec.Struct, frozen=True):
    """Of one thing that all did: seconds by the clock, and of processors.

    host, host_bytes: of all hosts together; what they grew by. crowd: of all clients.
    """

    seconds: float
    host: float
    broker: float
    crowd: float
    host_bytes: int
    crowd_bytes: int


class Point(msgspec.Struct, frozen=True):
    """What a run of a plan found.

    join: every client came, and read one key. idle: a while, in which `beats` keep-alives were
    sent. register: every client read the other keys. told: one changed all keys; until every client
    had heard of it, without what keep-alives took meanwhile. read: every client read them again.
    commands: so many that touch nothing that is held; of runs with few clients.
    """

    plan: Plan
    python: str
    machine: str
    join: Spent
    idle: Spent
    beats: int
    register: Spent | None
    told: list[Spent]
    read: list[Spent]
    commands: Spent | None

    @classmethod
    def load(cls, path: Path) -> Self:
        """Of a file."""
        return msgspec.json.decode(path.read_bytes(), type=cls)

    def save(self) -> None:
        """Into its own file."""
        FOLDER.mkdir(exist_ok=True)
        text = msgspec.json.format(msgspec.json.encode(self), indent=1)
        (FOLDER / f"{self.plan}.json").write_bytes(text + b"\n")

    def median_told(self, measure: str) -> float:
        """The median of the rounds."""
        rounds: list[float] = [getattr(spent, measure) for spent in self.told]
        return median(rounds)


def machine() -> str:
    """This one."""
    return f"{platform.machine()}, {os.cpu_count()} cores"


def all_points() -> Iterable[Point]:
    """Those that are kept, the smallest first."""
    return sorted(map(Point.load, FOLDER.glob("*.json")), key=lambda point: point.plan)
