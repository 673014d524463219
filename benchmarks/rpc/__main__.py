"""Calls, streams and replicas of fusiongen and of its peers, side by side.

    python -m benchmarks.rpc [--quick] [--note TEXT]

Writes what it found into `results`, as JSON, Markdown and plots.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time

from ..overload.measure import LOADS, capacity_and_overload
from . import report
from .cases import FULL, QUICK, Case, Size, cases
from .patterns import Found
from .processes import Callers
from .results import Results
from .stubs import make


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.rpc", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="to try it: a short round")
    parser.add_argument("--note", default="", help="what a reader has to know of this run")
    arguments = parser.parse_args()
    size = QUICK if arguments.quick else FULL
    make()
    results = Results.here(size.seconds, arguments.note)
    asyncio.run(_measure(size, results))
    report.write(results, "quick" if arguments.quick else results.minor)


async def _measure(size: Size, results: Results) -> None:
    """Rounds are interleaved: what disturbs the machine disturbs all."""
    for number in range(size.rounds):
        async with Callers.start() as callers:
            await _round(number, size, callers, results)
    for _ in range(size.loads):
        for method, plan in LOADS.items():
            if plan.cost > size.load / 4:
                continue  # too few of its calls end within that time
            pair = await capacity_and_overload(plan, size.load)
            results.goodput.setdefault(method, []).append(pair)


async def _round(number: int, size: Size, callers: Callers, results: Results) -> None:
    """One; the processes are new in each, for what is by chance theirs alone."""
    found: dict[str, dict[str, Found]] = {}
    for case in _turned(list(cases(size)), number):
        began = time.monotonic()
        known = found.setdefault(case.peer, {})
        known[case.name] = await case.measure(callers, known)
        results.add(case.name, case.peer, known[case.name])
        _say(number, case, known[case.name], time.monotonic() - began)


def _turned(every: list[Case], number: int) -> list[Case]:
    """Another peer is the first one of each case, in each round."""
    groups: dict[str, list[Case]] = {}
    for case in every:
        groups.setdefault(case.name, []).append(case)
    return [
        group[(place + number) % len(group)]
        for group in groups.values()
        for place in range(len(group))
    ]


def _say(number: int, case: Case, found: Found, seconds: float) -> None:
    figures = "  ".join(f"{name} {value:.4g}" for name, value in found.items())
    print(
        f"{number + 1} {case.name:<42} {case.peer:<16} {seconds:4.1f} s  {figures}", file=sys.stderr
    )


main()
