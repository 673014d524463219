"""The results of a run as a page with a table.

    python -m benchmarks.web.report FILE

Writes FILE.md beside FILE.json.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median

from .cases import OURS, POLL, SOCKET_IO
from .results import Results, Rounds

__all__ = ["write"]


def _milliseconds(value: float) -> str:
    return f"{value * 1000:,.0f} ms" if value >= 0.01 else f"{value * 1000:.1f} ms"


def _kilobytes(value: float) -> str:
    return f"{value / 1000:,.0f} KB"


def _share(value: float) -> str:
    return f"{value * 100:.1f} %"


def _count(value: float) -> str:
    return f"{value:,.0f}"


SHOWN: dict[str, tuple[str, Callable[[float], str]]] = {
    "open": ("all pages come at once: until each has its values", _milliseconds),
    "open, CPU": ("… processor time of the server", _milliseconds),
    "open, refused": ("… calls that were refused, and made again", _count),
    "memory": ("memory of a page", _kilobytes),
    "memory, after": ("… after all changes", _kilobytes),
    "rest, CPU": ("nothing changes: of a core", _share),
    "one, median": ("one key changes: the median page has it after", _milliseconds),
    "one, 99 %": ("… 99 of 100 pages", _milliseconds),
    "one, last": ("… the last page", _milliseconds),
    "one, CPU": ("… processor time of the server", _milliseconds),
    "all, median": ("all keys change at once: the median value has come after", _milliseconds),
    "all, 99 %": ("… 99 of 100 values", _milliseconds),
    "all, last": ("… the last value", _milliseconds),
    "all, CPU": ("… processor time of the server", _milliseconds),
    "all, refused": ("… calls that were refused, and made again", _count),
}
"""What each figure tells, and how it is written."""


def write(results: Results, path: Path) -> None:
    """The page beside this file; prints it, too."""
    text = "\n".join(_page(results)) + "\n"
    path.with_suffix(".md").write_text(text, encoding="utf-8")
    print(text)


def _page(results: Results) -> Iterator[str]:
    packages = ", ".join(f"{name} {version}" for name, version in results.packages.items())
    size = results.size
    yield "# Many pages on one gateway"
    yield ""
    if results.note:
        yield f"**{results.note}**"
        yield ""
    yield (
        f"`make bench-web` on CPython {results.python}, {results.machine}; {packages}. "
        f"{size.pages:,} pages, each with a socket of its own, watch the same {size.keys} keys; a "
        f"value has 100 characters. {size.ones} changes of one key and {size.alls} of all in each "
        f"of {size.rounds} interleaved rounds: medians, with the least and the most beside them. "
        f"A polling page asks every {POLL:g} s. A ratio is the median of each round's own."
    )
    yield ""
    peers = [*results.figures]
    yield f"| | {' | '.join(peers)} | {OURS} ÷ {SOCKET_IO} |"
    yield f"|---|{'---:|' * (len(peers) + 1)}"
    for what, (name, text) in SHOWN.items():
        cells = [_cell(results.figures[peer][what], text) for peer in peers]
        ratio = _ratio(results.figures[OURS][what], results.figures[SOCKET_IO][what])
        yield f"| {name} | {' | '.join(cells)} | {ratio} |"


def _cell(rounds: Rounds, text: Callable[[float], str]) -> str:
    if not any(rounds):
        return "0"
    return f"{text(median(rounds))} ({text(min(rounds))} to {text(max(rounds))})"


def _ratio(above: Rounds, below: Rounds) -> str:
    if not all(below):
        return ""
    return f"{median(one / other for one, other in zip(above, below, strict=True)):.1f}"


if __name__ == "__main__":
    path = Path(sys.argv[1]).with_suffix(".json")
    write(Results.load(path), path)
