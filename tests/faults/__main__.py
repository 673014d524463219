"""Play cells of the matrix whose names match: `python -m tests.faults [PATTERN] [AT_A_TIME]`.

With `FUSION_FAULTS_SCALE=1` in the times that users have; docs/failure-modes.md has the figures.
"""

from __future__ import annotations

import asyncio
import fnmatch
import itertools
import logging
import math
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from .cell import CELLS, Cell, Fault, Outage, Play, played
from .serving import SCALE, quick


async def _main(pattern: str, at_a_time: int) -> int:
    cells = [cell for cell in CELLS if fnmatch.fnmatch(str(cell), pattern)]
    gate = asyncio.Semaphore(at_a_time)
    failed = 0
    plays: list[Play] = []

    async def one(cell: Cell) -> None:
        nonlocal failed
        async with gate:
            began = time.monotonic()
            with tempfile.TemporaryDirectory() as folder:
                try:
                    play = await played(cell, Path(folder), CELLS.index(cell))
                    plays.append(play)
                    what = repr(play.outcome)[:60]
                except BaseException as error:
                    failed += 1
                    what = f"FAILED: {error!r}"[:300]
            print(f"{cell}: {what} ({time.monotonic() - began:.1f} s)", flush=True)

    async with asyncio.TaskGroup() as group:
        for cell in cells:
            group.create_task(one(cell))
    for outage, fault in itertools.product(Outage, Fault):
        _sum_up([p for p in plays if (p.cell.outage, p.cell.fault) == (outage, fault)])
    print(f"{len(cells)} cells, {failed} failed")
    return min(failed, 1)


def _sum_up(plays: Sequence[Play]) -> None:
    """What users saw of a fault."""
    if not plays:
        return
    cell = plays[0].cell
    outcomes = Counter(
        type(play.outcome).__name__ if isinstance(play.outcome, Exception) else "result"
        for play in plays
    )
    stale = max(play.staleness for play in plays)
    back = sorted(play.recovery for play in plays if play.recovery < math.inf) or [math.nan]
    print(
        f"{cell.outage.value * SCALE:g} s, {cell.fault.value}: {dict(outcomes)}; stale at most "
        f"{stale:.2f} s; served again after {back[len(back) // 2]:.2f} s, at most {back[-1]:.2f} s"
    )


if __name__ == "__main__":
    quick()
    logging.disable()
    arguments = [*sys.argv[1:], "*", "4"][:2] if len(sys.argv) < 3 else sys.argv[1:3]
    sys.exit(asyncio.run(_main(arguments[0], int(arguments[1]))))
