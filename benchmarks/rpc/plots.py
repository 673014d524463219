"""The results of a run as one picture."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from matplotlib import rcParams
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from .cases import SATURATED, STREAMS
from .peers import PEERS
from .results import Results, short

__all__ = ["plot"]

RATES = (
    "Sum, 1 worker",
    SATURATED,
    "Sum, 1,000 workers",
    "GetUser, 200 workers",
    "SayHello, 200 workers",
)
HALF = "Sum, half of that load"


def plot(results: Results, path: Path) -> None:
    """Write it as SVG; the same results make the same file."""
    rcParams["svg.hashsalt"] = path.name
    figure = Figure(figsize=(13, 9), layout="constrained")
    rates, latencies, streams, processors = figure.subplots(2, 2).flat
    _groups(rates, {case: _peers(results, case, "rate") for case in RATES})
    rates.set_title("calls a second: more is better")
    figure.legend(*rates.get_legend_handles_labels(), loc="outside lower center", ncols=len(PEERS))
    _groups(
        latencies,
        {
            f"{percentile}, {name}": _peers(results, case, percentile, 1e3)
            for name, case in {"saturated": SATURATED, "half load": HALF}.items()
            for percentile in ("p50", "p99")
        },
    )
    latencies.set_title("latency of Sum, ms: less is better")
    _groups(streams, {case: _peers(results, case, "rate") for case in STREAMS})
    streams.set_title("items a second: more is better")
    _groups(
        processors,
        {
            process: _peers(results, SATURATED, process, 1e6)
            for process in ("client", "host", "broker")
        },
    )
    processors.set_title("processor time of a Sum, 200 workers, µs: less is better")
    figure.savefig(path, metadata={"Date": None})


def _peers(results: Results, case: str, measure: str, unit: float = 1.0) -> dict[str, float]:
    """Of those that have it."""
    measured = results.measures[case].items()
    peers = [peer for peer, measures in measured if measure in measures]
    return {peer: results.median(case, peer, measure) * unit for peer in peers}


def _groups(panel: Axes, groups: Mapping[str, Mapping[str, float]]) -> None:
    """A group of bars for each, a bar for each peer in the peer's own colour."""
    height = 0.8 / len(PEERS)
    for place, peer in enumerate(PEERS):
        offset = (place - (len(PEERS) - 1) / 2) * height
        values = {row: group[peer] for row, group in enumerate(groups.values()) if peer in group}
        rows = [row + offset for row in values]
        bars = panel.barh(rows, list(values.values()), height, label=peer, color=f"C{place}")
        panel.bar_label(bars, fmt=short, padding=3, fontsize=6)
    panel.set_yticks(range(len(groups)), list(groups))
    panel.set_xscale("log")
    panel.margins(x=0.15)
    panel.invert_yaxis()
