"""Many seeds, in many processes."""

from __future__ import annotations

import logging
import multiprocessing
import time
from collections.abc import Iterable

from fusionrt import freeze

from .run import draw
from .shrink import failure

__all__ = ["prepare", "search"]


def search(seeds: range, workers: int) -> int:
    """Run all of them, in so many processes: how many failed."""
    began = time.monotonic()
    with multiprocessing.get_context("spawn").Pool(workers, initializer=prepare) as pool:
        failed = list(_told(pool.imap_unordered(_try, seeds, chunksize=20)))
    seconds = time.monotonic() - began
    print(f"{len(seeds):,} seeds in {seconds:,.0f} s, {len(failed)} failed: {sorted(failed)}")
    return len(failed)


def prepare() -> None:
    """In each process: what was imported is nothing to collect, and logs nothing."""
    logging.disable()
    freeze()


def _try(seed: int) -> tuple[int, str]:
    error = failure(draw(seed))
    return seed, "" if error is None else f"{type(error).__name__}: {error}"


def _told(outcomes: Iterable[tuple[int, str]]) -> Iterable[int]:
    for number, (seed, problem) in enumerate(outcomes, 1):
        if problem:
            print(f"seed {seed}: {problem[:400]}", flush=True)
            yield seed
        if number % 1000 == 0:
            print(f"{number:,} …", flush=True)
