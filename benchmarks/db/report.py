"""The results of a run as a page with tables and a plot.

    python -m benchmarks.db.report FILE

Writes FILE.md and FILE.svg beside FILE.json.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from matplotlib import rcParams
from matplotlib.figure import Figure

from .cases import BARS, MANY, SINGLE
from .results import Results
from .ways import COMPUTE, WAYS

__all__ = ["write"]


def write(results: Results, path: Path) -> None:
    """Page and plot beside this file; prints the page, too."""
    text = "\n".join(_page(results, path.with_suffix(".svg").name)) + "\n"
    path.with_suffix(".md").write_text(text, encoding="utf-8")
    _plot(results, path.with_suffix(".svg"))
    print(text)


def _page(results: Results, plot: str) -> Iterator[str]:
    packages = ", ".join(f"{name} {version}" for name, version in results.packages.items())
    yield "# A lookup in a database, and the same method as `@compute`"
    yield ""
    if results.note:
        yield f"**{results.note}**"
        yield ""
    yield (
        f"`make bench-db` on CPython {results.python}, {results.machine}; {packages}. 1,000 users, "
        f"`get(id)` of random ids. Medians of {results.rounds} interleaved rounds of "
        f"{results.seconds:g} s, with the least and the most beside them; a ratio is the median of "
        "each round's own. Writes are those of the one writer, a second."
    )
    yield ""
    yield f"![lookups a second]({plot})"
    yield ""
    yield from _bars(results)
    for database in results.lookups:
        yield ""
        yield from _table(results, database)


def _bars(results: Results) -> Iterator[str]:
    yield "| PostgreSQL, `@compute` ÷ `session` | bar | here | least and most | holds |"
    yield "|---|---:|---:|---:|---|"
    for bar in BARS:
        found = results.ratios("PostgreSQL", bar.case.name, COMPUTE)
        holds = "yes" if median(found) >= bar.at_least else "no"
        here, spread = f"{median(found):,.0f}", _spread(found)
        yield f"| {bar.case.name} | ≥ {bar.at_least:,.0f} | {here} | {spread} | {holds} |"


def _table(results: Results, database: str) -> Iterator[str]:
    yield f"| {database} | way | lookups a second | least and most | ÷ `session` | writes |"
    yield "|---|---|---:|---:|---:|---:|"
    for case, ways in results.lookups[database].items():
        for way, found in ways.items():
            ratio = results.ratio(database, case, way)
            writes = median(results.writes[database][case][way])
            yield (
                f"| {case} | `{way}` | {median(found):,.0f} | {_spread(found)} | "
                f"{ratio:,.{0 if ratio >= 100 else 1}f} | {_rate(writes)} |"
            )


def _rate(found: float) -> str:
    return f"{found:.1f}" if found else ""


def _spread(found: list[float]) -> str:
    return f"{min(found):,.0f} to {max(found):,.0f}"


def _plot(results: Results, path: Path) -> None:
    """As SVG; the same results make the same file."""
    rcParams["svg.hashsalt"] = path.name
    figure = Figure(figsize=(11, 5), layout="constrained")
    panels = figure.subplots(2, len(results.lookups), squeeze=False, sharex=True)
    for column, database in enumerate(results.lookups):
        for row, case in enumerate((SINGLE, MANY)):
            panel, ways = panels[row][column], results.lookups[database][case.name]
            rates = [median(found) for found in ways.values()]
            colors = [f"C{[*WAYS].index(way)}" for way in ways]
            bars = panel.barh([*ways], rates, color=colors)
            panel.bar_label(bars, fmt="{:,.0f}", padding=3, fontsize=8)
            panel.set_xscale("log")
            panel.margins(x=0.2)
            panel.invert_yaxis()
            panel.set_title(f"{database}: {case.name}", fontsize=9)
    figure.supxlabel("lookups a second: more is better")
    figure.savefig(path, metadata={"Date": None})


if __name__ == "__main__":
    path = Path(sys.argv[1]).with_suffix(".json")
    write(Results.load(path), path)
