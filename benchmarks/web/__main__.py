"""Many pages on one gateway, beside python-socketio, and FastAPI that is polled.

    python -m benchmarks.web [--quick] [--rounds COUNT] [--note TEXT]

Writes RESULTS.json and RESULTS.md beside this file.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from dataclasses import replace
from pathlib import Path

from . import report
from .cases import FULL, PEERS, QUICK
from .measure import measure
from .results import Results


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.web", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="to try it: few pages, one round")
    parser.add_argument("--rounds", type=int, default=FULL.rounds)
    parser.add_argument("--note", default="", help="what a reader has to know of this run")
    arguments = parser.parse_args()
    size = QUICK if arguments.quick else replace(FULL, rounds=arguments.rounds)
    results = Results.here(size, arguments.note)
    path = Path(__file__).with_name("quick.json" if arguments.quick else "RESULTS.json")
    peers = [*PEERS]
    for number in range(size.rounds):
        turn = number % len(peers)  # another one is the first in each round
        for name in (*peers[turn:], *peers[:turn]):
            print(f"round {number + 1}: {name}", file=sys.stderr)
            results.add(name, asyncio.run(measure(name, size)))
    results.figures = {name: results.figures[name] for name in peers}
    results.save(path)
    report.write(results, path)


main()
