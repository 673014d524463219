"""The graph against functools.lru_cache and async-lru, in one process and one run.

    python -m benchmarks.graph

Prints a Markdown table, and writes it to RESULTS.md beside this file.
"""

from __future__ import annotations

import asyncio
import platform
import statistics
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

from .cases import CASES, MEMORY

BARS = (
    ("hit / functools.lru_cache", "**hit**", "hit, functools.lru_cache (no await)", 2.2),
    (
        "hit in a body / functools.lru_cache",
        "**hit in a body**",
        "hit, functools.lru_cache (no await)",
        2.6,
    ),
    ("miss / async-lru", "**miss**", "miss, async-lru", 0.35),
)
"""Ratios, and what they should not exceed."""


async def main() -> None:
    nanoseconds: dict[str, list[float]] = {name: [] for name in CASES}
    for number in range(max(rounds for rounds, _ in CASES.values())):
        for name, (rounds, case) in CASES.items():
            if number < rounds:
                nanoseconds[name].append(await case())
    medians = {name: statistics.median(values) for name, values in nanoseconds.items()}
    bytes_each = {name: await case() for name, case in MEMORY.items()}
    text = "\n".join(_report(medians, nanoseconds, bytes_each)) + "\n"
    print(text)
    (Path(__file__).parent / "RESULTS.md").write_text(text, encoding="utf-8")


def _report(
    medians: dict[str, float], all_rounds: dict[str, list[float]], bytes_each: dict[str, float]
) -> Iterator[str]:
    yield "# The graph"
    yield ""
    yield (
        f"`python -m benchmarks.graph`, {platform.python_implementation()} "
        f"{platform.python_version()}, {platform.machine()}, async-lru {version('async-lru')}. "
        "Processor time, medians of interleaved rounds, garbage collection on."
    )
    yield ""
    yield "| operation | ns | best to worst round |"
    yield "|---|---:|---:|"
    for name, median in medians.items():
        values = all_rounds[name]
        yield f"| {name} | {median:,.0f} | {min(values):,.0f} to {max(values):,.0f} |"
    yield ""
    yield "| ratio | is | should be at most |"
    yield "|---|---:|---:|"
    for name, above, below, bar in BARS:
        yield f"| {name} | {medians[above] / medians[below]:.2f} | {bar} |"
    yield ""
    yield "| memory of one result | bytes |"
    yield "|---|---:|"
    for name, size in bytes_each.items():
        yield f"| {name} | {size:,.0f} |"


asyncio.run(main())
