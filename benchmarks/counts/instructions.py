"""Counts the instructions of the processor, those of C functions included, where `valgrind` is.

    python -m benchmarks.counts.instructions

does what is counted, and prints which part of it was what; `instructions` runs that under
callgrind. What is found is the same again for the same build of Python and of the core.
"""

from __future__ import annotations

import gc
import itertools
import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Self

import msgspec

from .cases import count

__all__ = ["PEER", "instructions"]

MARK = "sched_yield"
"""A function of libc that nobody else calls: before it callgrind writes down what it counted."""
KEYS = 500
PEER = "to compare with: a hit of lru_cache"


class Part(msgspec.Struct, frozen=True):
    """Of what was done. index: among the parts. number: of the things that were done in it."""

    index: int
    number: int


class Marked:
    """Marks where a part begins and ends."""

    _indexes = itertools.count()

    def __init__(self) -> None:
        self._index = next(self._indexes)

    def each(self, number: int) -> Part:
        """Of so many things."""
        return Part(self._index, number)

    def __enter__(self) -> Self:
        gc.collect()
        gc.disable()
        os.sched_yield()
        return self

    def __exit__(self, *_: object) -> None:
        os.sched_yield()
        gc.enable()


def instructions() -> dict[str, float] | None:
    """The instructions of each thing, by its name; None where there is no valgrind."""
    valgrind = shutil.which("valgrind")
    if valgrind is None:
        return None
    with TemporaryDirectory() as folder:
        out = Path(folder, "out")
        tool = [valgrind, "--quiet", "--tool=callgrind", f"--dump-before={MARK}"]
        program = [sys.executable, "-m", "benchmarks.counts.instructions"]
        command = [*tool, f"--callgrind-out-file={out}", *program]
        told = subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout
        parts = msgspec.json.decode(told, type=dict[str, Part])
        return {
            name: round(_total(out.with_name(f"out.{2 * part.index + 2}")) / part.number, 1)
            for name, part in parts.items()
        }


def _total(dump: Path) -> int:
    (total,) = [line for line in dump.read_text().splitlines() if line.startswith("totals:")]
    return int(total.split()[1])


def main() -> None:
    parts = count(Marked)

    @cache
    def cached(n: int) -> int:
        return n

    for _ in range(2):
        with Marked() as marked:
            for key in range(KEYS):
                cached(key)
    parts[PEER] = marked.each(KEYS)
    sys.stdout.buffer.write(msgspec.json.encode(parts))


if __name__ == "__main__":
    main()
