"""Play runs by their seeds: `python -m tests.sql_faults FIRST:LAST [ROUNDS]`; and with `mutants`
before them, runs of a runtime with a mistake, each of which must be found by one of the seeds.

Each on PostgreSQL; every third on SQLite, too; every fifth stops hosts for longer than operations
are kept. With `FUSION_FAULTS_SCALE=1` in the times that users have; docs/failure-modes.md has the
figures.
"""

from __future__ import annotations

import asyncio
import dataclasses
import itertools
import logging
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from tests.faults.serving import quick
from tests.natsserver import NatsServer
from tests.postgresserver import PostgresServer

from .mutants import MUTANTS
from .plan import Plan, draw, stopped_for_long
from .run import Played, Run, played


def _plans(first: int, last: int, rounds: int) -> Iterator[Plan]:
    for seed in range(first, last):
        yield draw(seed, rounds=rounds)
        if seed % 3 == 0:
            yield draw(seed, sqlite=True, rounds=rounds)
        if seed % 5 == 0:
            yield stopped_for_long(seed, sqlite=seed % 10 == 0)


async def _play(plan: Plan, server: PostgresServer) -> Run:
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        broker = NatsServer(Path(folder))
        url = f"sqlite+aiosqlite:///{folder}/ledger.db"
        try:
            run = await played(plan, broker.port, url if plan.sqlite else await server.database())
        finally:
            broker.close()
    print(f"{plan}: {run.acknowledged} commands in {time.monotonic() - began:.1f} s", flush=True)
    for problem in run.problems[:20]:
        print(f"    FAILED: {problem}"[:400], flush=True)
    return run


def _sum_up(all: Iterable[Played]) -> None:
    """What users saw of each fault."""
    by_name = sorted(all, key=lambda each: each.name)
    for name, each in itertools.groupby(by_name, key=lambda each: each.name):
        plays = list(each)
        took = [play.took for play in plays]
        told = Counter(play.told for play in plays)
        print(
            f"{name}: {len(plays)} times; as it should be after {statistics.median(took):.2f} s, "
            f"at most {max(took):.2f} s; {dict(told)}"
        )


def _search(first: int, last: int, rounds: int, server: PostgresServer) -> list[str]:
    """The runs that failed."""
    runs = [asyncio.run(_play(plan, server)) for plan in _plans(first, last, rounds)]
    _sum_up(each for run in runs for each in run.played)
    print(f"{len(runs)} runs")
    return [str(run.plan) for run in runs if run.problems]


def _search_mutants(first: int, last: int, rounds: int, server: PostgresServer) -> list[str]:
    """Those that no seed found."""
    return [
        name
        for name in MUTANTS
        if not any(
            asyncio.run(_play(dataclasses.replace(plan, mutant=name), server)).problems
            for seed in range(first, last)
            for plan in (draw(seed, rounds=rounds), stopped_for_long(seed))
        )
    ]


def _main(seeds: str, rounds: int, *, mutants: bool) -> int:
    quick()
    logging.disable()
    first, _, last = seeds.partition(":")
    server = PostgresServer()
    search = _search_mutants if mutants else _search
    try:
        failed = search(int(first), int(last or int(first) + 1), rounds, server)
    finally:
        server.close()
    print(f"{len(failed)} failed: {failed}")
    return 1 if failed else 0


if __name__ == "__main__":
    mutants = sys.argv[1] == "mutants"
    seeds, *more = sys.argv[1 + mutants :]
    sys.exit(_main(seeds, int(more[0]) if more else 10, mutants=mutants))
