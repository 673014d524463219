"""What a run on one Python found; kept in a file, so that runs on several can be compared."""

from __future__ import annotations

import platform
import statistics
from importlib.metadata import version
from pathlib import Path
from typing import Self

import msgspec

import fusionrt

__all__ = ["Results"]

FOLDER = Path(__file__).parent / "results"


class Results(msgspec.Struct):
    """Of all cases, by operation and cache.

    nanoseconds: of each round. compiled: whether the compiled core ran.
    """

    python: str
    machine: str
    packages: dict[str, str]
    nanoseconds: dict[str, dict[str, list[float]]]
    bytes: dict[str, dict[str, float]]
    compiled: bool = False

    @classmethod
    def here(
        cls,
        packages: tuple[str, ...],
        nanoseconds: dict[str, dict[str, list[float]]],
        bytes: dict[str, dict[str, float]],
    ) -> Self:
        """Those of this Python."""
        return cls(
            python=platform.python_version(),
            machine=f"{platform.python_implementation()}, {platform.machine()}",
            packages={name: version(name) for name in packages},
            nanoseconds=nanoseconds,
            bytes=bytes,
            compiled=fusionrt.compiled,
        )

    @classmethod
    def load(cls) -> list[Self]:
        """Those of every Python, with the compiled core and without."""
        found = [cls._read(path) for path in FOLDER.glob("3.*.json")]
        return sorted(found, key=cls._place)

    @classmethod
    def of(cls, run: str) -> Self:
        """Those of one run, with the compiled core."""
        return cls._read(FOLDER / f"{run}-compiled.json")

    @classmethod
    def _read(cls, path: Path) -> Self:
        return msgspec.json.decode(path.read_bytes(), type=cls)

    def _place(self) -> tuple[list[int], bool]:
        return [int(part) for part in self.minor.split(".")], not self.compiled

    def save(self, run: str) -> None:
        """Into the file of a run, and of the path that it took."""
        FOLDER.mkdir(exist_ok=True)
        text = msgspec.json.format(msgspec.json.encode(self), indent=1)
        path = FOLDER / f"{run}{'-compiled' if self.compiled else '-pure'}.json"
        path.write_bytes(text + b"\n")

    @property
    def minor(self) -> str:
        """The version of Python, without its last part."""
        return self.python.rpartition(".")[0]

    @property
    def name(self) -> str:
        """Of what ran."""
        return f"{self.minor} compiled" if self.compiled else f"{self.minor} pure"

    def median(self, operation: str, cache: str) -> float:
        """In nanoseconds."""
        return statistics.median(self.nanoseconds[operation][cache])

    def ratio(self, above: tuple[str, str], below: tuple[str, str]) -> float:
        """Of two, each an operation and a cache: the median of the rounds' own ratios.

        A machine that is slower for a while is slower for both.
        """
        operation, cache = above
        rounds = self.nanoseconds[operation][cache]
        operation, cache = below
        others = self.nanoseconds[operation][cache]
        return statistics.median(one / other for one, other in zip(rounds, others, strict=True))
