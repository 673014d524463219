"""Clients by the thousand, hosts, replicas: what they cost, and what follows for more of them.

    python -m benchmarks.scale [POINT…]

Measures the points that are named, as `10000x1x10`: clients, hosts, replicas of each client; or
all. Writes `docs/scale.md` and its plots.
"""

from __future__ import annotations

import argparse
import subprocess
import sys

from .plots import plot
from .report import write
from .results import Plan, all_points

PLANS = [
    Plan(10, 1, 1, 1),
    Plan(10, 2, 1, 1),
    Plan(10, 4, 1, 1),
    Plan(1_000, 1, 1, 5),
    Plan(3_000, 1, 1, 5),
    Plan(10_000, 1, 1, 5),
    Plan(10_000, 2, 1, 5),
    Plan(10_000, 4, 1, 5),
    Plan(10_000, 1, 10, 3),
    Plan(10_000, 1, 100, 1),
]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scale", description=__doc__)
    names = [str(plan) for plan in PLANS]
    parser.add_argument("points", nargs="*", choices=[*names, []], metavar="POINT")
    wanted = parser.parse_args().points or names
    for plan in PLANS:
        if str(plan) in wanted:
            print(plan, file=sys.stderr)
            numbers = map(str, (plan.clients, plan.hosts, plan.keys, plan.rounds))
            command = [sys.executable, "-m", "benchmarks.scale.point", *numbers]
            subprocess.run(command, check=True)
    points = list(all_points())
    write(points)
    plot(points)


main()
