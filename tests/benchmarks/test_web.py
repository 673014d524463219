"""`benchmarks/web` runs, of the smallest size: what it finds is nobody's business here."""

from __future__ import annotations

import asyncio
from pathlib import Path

from benchmarks.web import report
from benchmarks.web.cases import PEERS, Size
from benchmarks.web.measure import measure
from benchmarks.web.results import Results

SMALLEST = Size(pages=2, keys=3, rounds=1, ones=1, alls=1, rest=0.1)


async def test_each_peer_is_measured_and_the_page_of_results_is_written(tmp_path: Path) -> None:
    """Pages open at a server of each, see each change, and every figure finds its row."""
    results = Results.here(SMALLEST, "a test")
    every = await asyncio.gather(*(measure(name, SMALLEST) for name in PEERS))
    for name, found in zip(PEERS, every, strict=True):
        assert found.keys() >= report.SHOWN.keys()
        assert found["one, last"] > 0 and found["all, last"] > 0
        results.add(name, found)
    path = tmp_path / "found.json"
    results.save(path)
    report.write(Results.load(path), path)
    rows = path.with_suffix(".md").read_text().splitlines()
    assert [row.split(" | ")[0] for row in rows[-len(report.SHOWN) :]] == [
        f"| {name}" for name, _ in report.SHOWN.values()
    ]
