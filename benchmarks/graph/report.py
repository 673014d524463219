"""The results of all Pythons, as tables and as a plot.

    python -m benchmarks.graph.report

Writes RESULTS.md and RESULTS.svg beside this file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from matplotlib import rcParams
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from .caches import LRU_CACHE, OURS
from .cases import IMPORT, REPLICA, UNDER
from .results import Results

TEXT = Path(__file__).with_name("RESULTS.md")
PLOT = TEXT.with_suffix(".svg")

DEEP, WIDE = "cascade, 100,000 deep, a node", "cascade, 1,000,000 wide, a node"
EDGE = "a result with a dependency"

BARS: list[tuple[str, Callable[[Results], float], float, float]] = [
    (
        f"hit / {LRU_CACHE}",
        lambda found: found.ratio(("hit", OURS), ("hit", LRU_CACHE)),
        1.2,
        1.9,
    ),
    (
        f"hit in a body / {LRU_CACHE}",
        lambda found: found.ratio(("hit in a body", OURS), ("hit", LRU_CACHE)),
        1.4,
        2.0,
    ),
    (
        "miss / async-lru",
        lambda found: found.ratio(("miss", OURS), ("miss", "async-lru")),
        0.18,
        0.25,
    ),
    (f"{DEEP}, µs", lambda found: found.median(DEEP, OURS) / 1_000, 0.2, 0.8),
    (f"{WIDE}, µs", lambda found: found.median(WIDE, OURS) / 1_000, 0.2, 0.8),
    (
        "a replica's hit / a hit",
        lambda found: found.ratio((REPLICA, OURS), ("hit", OURS)),
        1.3,
        2.0,
    ),
    (
        f"import fusionrt / {' + '.join(UNDER)}",
        lambda found: found.ratio((IMPORT, OURS), (IMPORT, " + ".join(UNDER))),
        1.3,
        1.3,
    ),
    (f"bytes of {EDGE}", lambda found: found.bytes[EDGE][OURS], 463, 463),
]
"""What should be at most so much, on Python 3.11: with the compiled core, and without."""


def main() -> None:
    every = Results.load()
    TEXT.write_text("\n".join(_page(every)) + "\n", encoding="utf-8")
    _plot(every)


def _page(every: list[Results]) -> Iterator[str]:
    packages = ", ".join(f"{name} {version}" for name, version in every[-1].packages.items())
    yield "# The graph"
    yield ""
    yield (
        f"`make bench-graph`; {every[-1].machine}; {packages}. Nanoseconds of processor time, "
        "medians of interleaved rounds, garbage collection on. Each cache is around the same "
        "function, `n + 1`, and set up to be as fast as it can be (`caches.py`); "
        "`functools.lru_cache` is not awaited. The ratio is how many times as long as fusionrt a "
        "cache takes: the median "
        "of each round's."
    )
    yield ""
    yield f"![hits, misses, recomputations and memory]({PLOT.name})"
    yield ""
    names = [results.name for results in every]
    yield from _head("operation", "cache", *(head for name in names for head in (name, "ratio")))
    for operation, caches in every[0].nanoseconds.items():
        for cache in caches:
            cells = []
            for results in every:
                ratio = results.ratio((operation, cache), (operation, OURS))
                cells += [f"{results.median(operation, cache):,.0f}", f"{ratio:.2f}"]
            yield _row(operation, cache, *cells)
    yield ""
    yield from _head("bytes of", "cache", *names)
    for operation, sizes in every[0].bytes.items():
        for cache in sizes:
            cells = [f"{results.bytes[operation][cache]:,.0f}" for results in every]
            yield _row(operation, cache, *cells)
    yield ""
    yield from _head("at most, on 3.11", "compiled; pure", *names)
    for name, value, compiled, pure in BARS:
        yield _row(
            name, f"{compiled:g}; {pure:g}", *(f"{value(results):,.3g}" for results in every)
        )


def _head(first: str, second: str, *others: str) -> Iterator[str]:
    yield _row(first, second, *others)
    yield "|---|---|" + "---:|" * len(others)


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _plot(every: list[Results]) -> None:
    """A bar for each cache and Python: the shorter, the better."""
    rcParams["svg.hashsalt"] = PLOT.name  # the same results make the same file
    figure = Figure(figsize=(12, 7), layout="constrained")
    panels = figure.subplots(2, 2).flat
    for panel, operation in zip(panels, ("hit", "miss", "invalidate and recompute"), strict=False):
        for place, results in enumerate(every):
            caches = results.nanoseconds[operation]
            medians = {cache: results.median(operation, cache) for cache in caches}
            _bars(panel, place, len(every), results.name, medians)
        panel.set_title(f"{operation}, ns")
    for place, results in enumerate(every):
        _bars(figure.axes[-1], place, len(every), results.name, results.bytes["a result"])
    figure.axes[-1].set_title("memory of a result, bytes")
    figure.axes[0].legend(title="Python", loc="upper right")
    figure.savefig(PLOT, metadata={"Date": None})


def _bars(panel: Axes, place: int, places: int, python: str, values: Mapping[str, float]) -> None:
    """Those of one Python, one of so many that share the room of each cache."""
    height = 0.8 / places
    positions = [cache + (place - (places - 1) / 2) * height for cache in range(len(values))]
    bars = panel.barh(positions, list(values.values()), height, label=python)
    panel.bar_label(bars, fmt="{:,.0f}", padding=3, fontsize=7)
    panel.set_yticks(range(len(values)), list(values))
    panel.set_xscale("log")
    panel.set_xlim(left=10)
    panel.margins(x=0.2)
    if place == 0:
        panel.invert_yaxis()


if __name__ == "__main__":
    main()
