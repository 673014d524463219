"""What stands in front: the graph and calls beside their peers, in two tables.

    python -m benchmarks.front [--quick]

Writes the recorded results into the README; with `--quick`, prints those of the last quick run.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from .graph.results import Results as GraphResults
from .rpc.peers import OURS, PEERS
from .rpc.results import FOLDER, ratios, short
from .rpc.results import Results as RpcResults

__all__ = ["README", "put", "tables"]

README = Path(__file__).parents[1] / "README.md"
RECORDED = "3.11"
CACHE = "fusionrt"
OPERATIONS = ("hit", "miss", "invalidate and recompute")
CALLS = {
    "Sum, 1 worker": "calls, one after the other",
    "Sum, 200 workers": "calls by 200 workers",
    "Stream100": "items of 100 bytes",
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.front", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="print those of the last quick run")
    if parser.parse_args().quick:
        print("\n".join(tables("quick")))
    else:
        README.write_text(put(README.read_text(encoding="utf-8")), encoding="utf-8")


def put(text: str) -> str:
    """A README with these tables in place of those that it has."""
    new = "\n".join(["<!-- measured -->", *tables(RECORDED), "<!-- /measured -->"])
    return re.sub(r"<!-- measured -->.*<!-- /measured -->", lambda _: new, text, flags=re.S)


def tables(run: str) -> Iterator[str]:
    """Those of a run: of a Python's version, or the quick one."""
    yield from _caches(GraphResults.of(run))
    yield ""
    yield from _calls(RpcResults.load(FOLDER / f"{run}.json"))


def _caches(found: GraphResults) -> Iterator[str]:
    peers = [name for name in found.nanoseconds["hit"] if name != CACHE]
    yield from _head("in one process, ns", "fusiongen", *(f"× {peer}" for peer in peers))  # noqa: RUF001
    for operation in OPERATIONS:
        caches = found.nanoseconds[operation]
        cells = [
            short(found.ratio((operation, peer), (operation, CACHE))) if peer in caches else ""
            for peer in peers
        ]
        yield _row(operation, short(found.median(operation, CACHE)), *cells)


def _calls(found: RpcResults) -> Iterator[str]:
    peers = [peer for peer in PEERS if peer != OURS]
    yield from _head("between processes, a second", "fusiongen", *(f"× {peer}" for peer in peers))  # noqa: RUF001
    for case, name in CALLS.items():
        rates = found.measures[case]
        cells = [_times(rates, peer) if peer in rates else "" for peer in peers]
        yield _row(name, short(found.median(case, OURS, "rate")), *cells)


def _times(rates: Mapping[str, Mapping[str, list[float]]], peer: str) -> str:
    each = sorted(ratios(rates[OURS]["rate"], rates[peer]["rate"]))
    return short(each[len(each) // 2])


def _head(*cells: str) -> Iterator[str]:
    yield _row(*cells)
    yield "|---|" + "---:|" * (len(cells) - 1)


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    main()
