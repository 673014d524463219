"""The results of a run as a page with tables and a plot.

    python -m benchmarks.rpc.report FILE

Writes FILE.md and FILE.svg beside FILE.json.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from .bars import BARS
from .peers import OURS
from .plots import plot
from .results import FOLDER, Results, Rounds, ratios, short

__all__ = ["write"]

CPU = "client", "host", "broker"
LATENCIES = "p50", "p99", "seconds"
AHEAD = 1.05
"""From here on a peer counts as better."""


def write(results: Results, name: str) -> None:
    """All files of a run; prints the page, too."""
    path = FOLDER / f"{name}.json"
    results.save(path)
    _write(results, path)


def _write(results: Results, path: Path) -> None:
    text = "\n".join(_page(results, path.with_suffix(".svg").name)) + "\n"
    path.with_suffix(".md").write_text(text, encoding="utf-8")
    plot(results, path.with_suffix(".svg"))
    print(text)


def _page(results: Results, plot: str) -> Iterator[str]:
    rounds = len(next(iter(results.measures.values()))[OURS]["rate"])
    packages = ", ".join(f"{name} {version}" for name, version in results.packages.items())
    yield "# Calls, streams and replicas, from one process to another"
    yield ""
    if results.note:
        yield f"**{results.note}**"
        yield ""
    yield (
        f"`python -m benchmarks.rpc` on CPython {results.python}, {results.machine}; {packages}. "
        f"Medians of {rounds} interleaved rounds, {results.seconds:g} s each, with the least and "
        "the most beside them. Every peer has a client and a host, a process each, on the same "
        "cores as the broker; ratios are medians of each round's own. How each peer is set up: "
        "the heads of the modules in `peers`."
    )
    yield ""
    yield f"![rates, latencies, streams and processor time]({plot})"
    yield ""
    yield from _bars(results)
    yield ""
    yield from _calls(results)
    yield ""
    yield from _streams(results)
    yield ""
    yield from _times(results)
    yield ""
    yield from _ahead(results)
    yield ""
    yield from _refused(results)


def _bars(results: Results) -> Iterator[str]:
    yield from _head("ratio", "bar", "here", "least and most", "holds")
    for bar in BARS:
        found = bar.found(results)
        here = f"{bar.typical(found):.2f}"
        yield _row(bar.name, bar.text, here, _spread(found), "yes" if bar.holds(results) else "no")


def _calls(results: Results) -> Iterator[str]:
    cpu = (f"{name}, µs" for name in (*CPU, "in all"))
    yield from _head(
        "calls", "peer", "a second", "least and most", "to ours", "p50, ms", "p99, ms", *cpu
    )
    for case, peers in results.measures.items():
        for peer, measures in peers.items():
            if "rate" in measures and "p50" in measures:
                yield _row(
                    *(case, peer),
                    *_rate(results, case, peer),
                    *(f"{results.median(case, peer, each) * 1e3:,.2f}" for each in ("p50", "p99")),
                    *_cpu(results, case, peer),
                )


def _streams(results: Results) -> Iterator[str]:
    cpu = (f"{name}, µs" for name in (*CPU, "in all"))
    yield from _head("streams", "peer", "items a second", "least and most", "to ours", *cpu)
    for case, peers in results.measures.items():
        for peer, measures in peers.items():
            if "rate" in measures and "p50" not in measures:
                yield _row(*(case, peer), *_rate(results, case, peer), *_cpu(results, case, peer))


def _times(results: Results) -> Iterator[str]:
    yield from _head("times", "peer", "µs", "least and most")
    for case, peers in results.measures.items():
        for peer, measures in peers.items():
            for measure, rounds in _only_times(measures):
                name = case if measure == "seconds" else f"{case}, {measure}"
                times = [value * 1e6 for value in rounds]
                yield _row(name, peer, short(median(times)), _spread(times))
    yield ""
    yield from _head("goodput of", "peer", "at capacity, a second", "at ten times that load")
    for method, pairs in results.goodput.items():
        yield _row(
            f"`{method}`", OURS, *(f"{median(each):,.0f}" for each in zip(*pairs, strict=True))
        )


def _only_times(measures: dict[str, Rounds]) -> Iterator[tuple[str, Rounds]]:
    if "rate" not in measures:
        yield from ((name, rounds) for name, rounds in measures.items() if name != "refused")


def _refused(results: Results) -> Iterator[str]:
    """What a peer did not answer at once."""
    yield from _head("refused, or failed, and made again", "peer", "in all rounds")
    for case, peers in results.measures.items():
        for peer, measures in peers.items():
            if refused := sum(measures.get("refused", ())):
                yield _row(case, peer, f"{refused:,.0f}")


def _ahead(results: Results) -> Iterator[str]:
    """Everything in which a peer is better."""
    yield from _head("where a peer is ahead", "peer", "what", "times as good as ours")
    for case, peers in results.measures.items():
        ours = _compared(peers[OURS])
        for peer in (name for name in peers if name != OURS):
            for what, theirs in _compared(peers[peer]).items():
                better = median(ratios(ours[what], theirs))
                if better > AHEAD:
                    yield _row(case, peer, what, f"{better:.2f}")


def _compared(measures: dict[str, Rounds]) -> dict[str, Rounds]:
    """What is better when it is less."""
    found = {}
    if "rate" in measures and "asked" not in measures:
        found["time of a call"] = [1 / rate for rate in measures["rate"]]
    found.update({name: measures[name] for name in LATENCIES if name in measures})
    if "client" in measures:
        found["processor time, in all"] = _processors(measures)
    return found


def _processors(measures: dict[str, Rounds]) -> Rounds:
    """Of all processes of a peer together, in seconds."""
    parts = zip(*(measures[name] for name in CPU if name in measures), strict=True)
    return [sum(each) for each in parts]


def _rate(results: Results, case: str, peer: str) -> tuple[str, ...]:
    found = results.rounds(case, peer, "rate")
    to_ours = median(ratios(found, results.rounds(case, OURS, "rate")))
    return f"{median(found):,.0f}", _spread(found), f"{to_ours:.3g}"


def _cpu(results: Results, case: str, peer: str) -> Iterator[str]:
    for name in CPU:
        there = name in results.measures[case][peer]
        yield f"{results.median(case, peer, name) * 1e6:,.2f}" if there else ""
    yield f"{median(_processors(results.measures[case][peer])) * 1e6:,.2f}"


def _spread(rounds: Rounds) -> str:
    return f"{short(min(rounds))} to {short(max(rounds))}"


def _head(*cells: str) -> Iterator[str]:
    yield _row(*cells)
    yield "|---|---|" + "---:|" * (len(cells) - 2)


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    path = Path(sys.argv[1]).with_suffix(".json")
    _write(Results.load(path), path)
