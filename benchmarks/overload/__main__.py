"""What happens to a service when more is asked of it than it can do (D27).

    python -m benchmarks.overload

A broker, a host and its clients have a process each. Prints a Markdown table, and writes it to
RESULTS.md beside this file.
"""

from __future__ import annotations

import asyncio
import json
import os
import platform
import socket
import sys
from asyncio.subprocess import PIPE, Process
from collections import Counter
from dataclasses import asdict, replace
from pathlib import Path

from fusionrt.broker import HOST, Broker

from .client import Outcome, Plan

ROOT = Path(__file__).parents[2]
BURSTS = 5_000, 20_000, 60_000
TIMES = 1, 2, 10
LOADS = {
    "spin": Plan("closed", "spin", 100, cost=0.001, lasts=6.0, timeout=2.0),
    "spin_plain": Plan("closed", "spin_plain", 100, cost=0.001, lasts=6.0, timeout=2.0),
    "rest": Plan("closed", "rest", 1_000, cost=1.0, lasts=6.0, timeout=2.0),
    "rest_plain": Plan("closed", "rest_plain", 1_000, cost=1.0, lasts=6.0, timeout=2.0),
}
"""How the capacity is found; the load is a multiple of it."""


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
            plan = replace(closed, pattern="open", count=int(times * capacity))
            rows.append(await _measure(f"`{method}`, {times} times {capacity:,.0f} a second", plan))
            print(rows[-1], flush=True)
    Path(__file__).with_name("RESULTS.md").write_text(_HEAD + "\n".join(rows) + "\n")


async def _measure(name: str, plan: Plan, clients: int = 1) -> str:
    return (await _measured(name, plan, clients))[1]


async def _measured(name: str, plan: Plan, clients: int = 1) -> tuple[float, str]:
    """The goodput of a plan that every client follows, and its row."""
    with socket.create_server((HOST, 0)) as free:
        port = free.getsockname()[1]
    async with await Broker.start(port=port) as broker:
        server = await _process("service", broker.url)
        callers = [
            await _process("client", broker.url, json.dumps(asdict(plan))) for _ in range(clients)
        ]
        for caller in callers:
            _input(caller).write(b"go\n")
        outcomes = [Outcome(**json.loads(await _line(caller))) for caller in callers]
        _input(server).close()
        grown = float(await _line(server))
        for process in (server, *callers):
            await process.wait()
    return sum(outcome.goodput for outcome in outcomes), _row(name, outcomes, grown)


async def _process(module: str, *arguments: str) -> Process:
    paths = ROOT, ROOT / "runtime"
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", f"benchmarks.overload.{module}", *arguments),
        env=os.environ | {"PYTHONPATH": os.pathsep.join(map(str, paths))},
        stdin=PIPE,
        stdout=PIPE,
        limit=64 * 1024 * 1024,
    )
    assert await _line(process) == b"ready\n"
    return process


async def _line(process: Process) -> bytes:
    assert process.stdout is not None
    return await process.stdout.readline()


def _input(process: Process) -> asyncio.StreamWriter:
    assert process.stdin is not None
    return process.stdin


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
        f"{sum(outcome.goodput for outcome in outcomes):,.0f}",
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
