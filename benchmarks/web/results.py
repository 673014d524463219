"""What a run found, of all rounds; kept in a file."""

from __future__ import annotations

import os
import platform
from importlib.metadata import version
from pathlib import Path
from typing import Self

import msgspec

from .cases import PEERS, Size
from .measure import Figures

__all__ = ["Results", "Rounds"]

Rounds = list[float]
"""A figure of each round."""


class Results(msgspec.Struct):
    """figures: by peer and what they tell, of each round. note: what a reader has to know."""

    python: str
    machine: str
    packages: dict[str, str]
    size: Size
    note: str
    figures: dict[str, dict[str, Rounds]]

    @classmethod
    def here(cls, size: Size, note: str) -> Self:
        """Of this Python on this machine; nothing is found yet."""
        names = sorted({package for _, packages in PEERS.values() for package in packages})
        machine = f"{platform.machine()}, {os.cpu_count()} cores"
        packages = {name: version(name) for name in names}
        return cls(platform.python_version(), machine, packages, size, note, {})

    @classmethod
    def load(cls, path: Path) -> Self:
        """Those of a file."""
        return msgspec.json.decode(path.read_bytes(), type=cls)

    def save(self, path: Path) -> None:
        """Into a file."""
        path.write_bytes(msgspec.json.format(msgspec.json.encode(self), indent=1) + b"\n")

    def add(self, peer: str, found: Figures) -> None:
        """What one round found."""
        figures = self.figures.setdefault(peer, {})
        for what, value in found.items():
            figures.setdefault(what, []).append(value)
