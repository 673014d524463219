"""The counts that were recorded, of each minor version of Python, with the compiled core and
without, and what differs from them.
"""

from __future__ import annotations

import platform
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec

import fusionrt

from .counter import Count

__all__ = ["BUILD", "PATH", "Counts", "Record", "load", "problems", "save", "table"]

PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
PATH = PYTHON + ("-compiled" if fusionrt.compiled else "")
"""With the compiled core other things are counted."""
BUILD = f"{platform.machine()}, {sys.version}"
"""Instructions are those of one build."""
FOLDER = Path(__file__).with_name("figures")
TOLERANCE = 0.1
RECORD = "`make record-counts` keeps what is counted now"

Counts = dict[str, Count]


class Record(msgspec.Struct, frozen=True):
    """What is recorded. build: whose instructions they are."""

    build: str
    counts: Counts


def load() -> Record | None:
    """That of this Python and its path, if there is one."""
    path = FOLDER / f"{PATH}.json"
    return msgspec.json.decode(path.read_bytes(), type=Record) if path.exists() else None


def save(found: Counts) -> None:
    """Record them for this Python."""
    FOLDER.mkdir(exist_ok=True)
    text = msgspec.json.format(msgspec.json.encode(Record(BUILD, found)), indent=1)
    (FOLDER / f"{PATH}.json").write_bytes(text + b"\n")


def problems(before: Counts, found: Counts) -> Iterator[str]:
    """A sentence for each count that is not what it was."""
    if before.keys() != found.keys():
        yield f"other things are counted than are recorded: {RECORD}"
    for name in before.keys() & found.keys():
        for what in Count.__struct_fields__:
            was, now = getattr(before[name], what), getattr(found[name], what)
            if what == "instructions" and not (was and now):
                continue  # they were not counted
            if now > was * (1 + TOLERANCE):
                yield f"{name}: {now:g} {what}, {was:g} are recorded. If it has to be: {RECORD}"
            elif now < was * (1 - TOLERANCE):
                yield f"{name}: {now:g} {what}, {was:g} are recorded. So that it stays: {RECORD}"


def table(before: Counts, found: Counts) -> Iterator[str]:
    """All of them, side by side."""
    heads = "bytecodes", "recorded", "C calls", "recorded", "instructions", "recorded"
    yield f"{'Python ' + PATH:<45}" + "".join(f"{head:>13}" for head in heads)
    for name, now in found.items():
        was = before.get(name, Count(0, 0))
        rows = zip(msgspec.structs.astuple(now), msgspec.structs.astuple(was), strict=True)
        yield f"{name:<45}" + "".join(f"{figure:>13,.1f}" for row in rows for figure in row)
