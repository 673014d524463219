"""Runs a broker, a host and its clients, a process each, and tells what came of a plan."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import sys
from asyncio.subprocess import PIPE, Process
from dataclasses import asdict, replace
from pathlib import Path

from fusionrt.broker import HOST, Broker

from .client import Outcome, Plan

__all__ = ["LOADS", "capacity_and_overload", "goodput", "measure", "overload"]

ROOT = Path(__file__).parents[2]
LOADS = {
    "spin": Plan("closed", "spin", 100, cost=0.001, lasts=6.0, timeout=2.0),
    "spin_plain": Plan("closed", "spin_plain", 100, cost=0.001, lasts=6.0, timeout=2.0),
    "rest": Plan("closed", "rest", 1_000, cost=1.0, lasts=6.0, timeout=2.0),
    "rest_plain": Plan("closed", "rest_plain", 1_000, cost=1.0, lasts=6.0, timeout=2.0),
}
"""How the capacity is found; the load is a multiple of it."""


async def measure(plan: Plan, clients: int = 1) -> tuple[list[Outcome], float]:
    """The outcome of each client, and by how many MB the host grew."""
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
    return outcomes, grown


def goodput(outcomes: list[Outcome]) -> float:
    """Of all clients."""
    return sum(outcome.goodput for outcome in outcomes)


def overload(closed: Plan, rate: float) -> Plan:
    """The same calls, so many a second."""
    return replace(closed, pattern="open", count=int(rate))


async def capacity_and_overload(closed: Plan, lasts: float) -> tuple[float, float]:
    """The goodput at capacity, and at ten times that load; each measured for so many seconds."""
    closed = replace(closed, lasts=lasts)
    capacity = goodput((await measure(closed))[0])
    outcomes, _ = await measure(overload(closed, 10 * capacity))
    return capacity, goodput(outcomes)


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
