"""What happens to a service when more is asked of it than it can do (D27).

    python -m benchmarks.overload

A broker, a host and its clients have a process each. Prints a Markdown table, and writes it to
RESULTS.md beside this file.
"""

from __future__ import annotations

import asyncio
import os
import platform
from collections import Counter
from pathlib import Path

from .client import Outcome, Plan
from .measure import LOADS, goodput, measure, overload

BURSTS = 5_000, 20_000, 60_000
TIMES = 1, 2, 10


async def main() -> None:
    rows = []
    for clients in 1, 3:
        for method in "spin", "spin_plain":
            for count in BURSTS:
                name = f"{count:,} `{method}` at once"
                name += f", by {clients} clients" if clients > 1 else ""
                rows.append(await _measure(name, Plan("burst", method, count // clients), clients))
                print(rows[-1], flush=True)
    for method, closed in LOADS.items():
        name = f"`{method}`, {closed.count:,} workers"
        capacity, row = await _measured(name, closed)
        rows.append(row)
        print(row, flush=True)
        for times in TIMES:
            plan = overload(closed, times * capacity)
            rows.append(await _measure(f"`{method}`, {times} times {capacity:,.0f} a second", plan))
            print(rows[-1], flush=True)
    Path(__file__).with_name("RESULTS.md").write_text(_HEAD + "\n".join(rows) + "\n")


async def _measure(name: str, plan: Plan, clients: int = 1) -> str:
    return (await _measured(name, plan, clients))[1]


async def _measured(name: str, plan: Plan, clients: int = 1) -> tuple[float, str]:
    """The goodput of a plan that every client follows, and its row."""
    outcomes, grown = await measure(plan, clients)
    return goodput(outcomes), _row(name, outcomes, grown)


_HEAD = f"""\
# More than a service can do

`python -m benchmarks.overload` on CPython {platform.python_version()}, {os.cpu_count()} cores.
The broker, the host and each client have a process on the same machine. Bodies of `spin` take
1 ms of processor time (none in bursts), those of `rest` wait 1 s. Calls may take 2 s (10 s in
bursts). Latencies are in ms, of what was served; memory is what the processes grew by, in MB.

| Load | served | refused | timed out | a second | p50 | p99 | slowest refusal | host | client |
|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|
"""


def _row(name: str, outcomes: list[Outcome], grown: float) -> str:
    counts: Counter[str] = Counter()
    for outcome in outcomes:
        counts.update(outcome.counts)
    served = sorted(latency for outcome in outcomes for latency in outcome.latencies)
    refused = sorted(latency for outcome in outcomes for latency in outcome.refusals)
    cells = [
        name,
        *(f"{counts.pop(kind, 0):,}" for kind in ("served", "refused", "timed out")),
        f"{goodput(outcomes):,.0f}",
        _percentile(served, 0.5),
        _percentile(served, 0.99),
        _percentile(refused, 1.0),
        f"{grown:.0f}",
        f"{max(outcome.grown for outcome in outcomes):.0f}",
    ]
    row = f"| {' | '.join(cells)} |"
    assert not counts, f"{row} and {dict(counts)}"
    return row


def _percentile(values: list[float], share: float) -> str:
    if not values:
        return ""
    return f"{1000 * values[min(len(values) - 1, int(share * len(values)))]:,.0f}"


if __name__ == "__main__":
    asyncio.run(main())
