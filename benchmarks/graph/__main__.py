"""The graph and other caches, measured side by side in one process.

    python -m benchmarks.graph [--quick]

Writes what it found into `results`; `make bench-graph` does so on each Python, and then the report.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from statistics import median

from .caches import PACKAGES
from .cases import BYTES, CALLS, GRAPHS, Case
from .results import Results


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.graph", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one round of what is short")
    asyncio.run(_measure(parser.parse_args().quick))


async def _measure(quick: bool) -> None:
    """Rounds are interleaved: what disturbs the machine disturbs all."""
    nanoseconds = await _rounds(CALLS, 1 if quick else 9)
    if not quick:
        nanoseconds |= await _rounds(GRAPHS, 3)
    bytes = {
        operation: {cache: await case() for cache, case in cases.items()}
        for operation, cases in ({} if quick else BYTES).items()
    }
    results = Results.here(PACKAGES, nanoseconds, bytes)
    results.save("quick" if quick else results.minor)
    for operation, caches in nanoseconds.items():
        for cache, values in caches.items():
            print(f"{operation:<34} {cache:<20} {median(values):>9,.0f} ns", file=sys.stderr)


async def _rounds(
    operations: dict[str, dict[str, Case]], count: int
) -> dict[str, dict[str, list[float]]]:
    found: dict[str, dict[str, list[float]]] = {
        operation: {cache: [] for cache in cases} for operation, cases in operations.items()
    }
    for _ in range(count):
        for operation, cases in operations.items():
            for cache, case in cases.items():
                found[operation][cache].append(await case())
    return found


main()
