"""What is to hold: ratios of one run, each with its bar."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

from .cases import SATURATED
from .peers import GRPC, NATS, OURS
from .results import Results, Rounds, ratios

__all__ = ["BARS", "Bar"]


@dataclass(frozen=True)
class Bar:
    """A ratio, and what it should be at least, or at most.

    typical: picks what is judged out of all rounds.
    """

    name: str
    found: Callable[[Results], Rounds]
    at_least: float | None = None
    at_most: float | None = None
    typical: Callable[[Rounds], float] = median

    @property
    def text(self) -> str:
        """The bar, as it is written."""
        return f"≥ {self.at_least:g}" if self.at_least is not None else f"≤ {self.at_most:g}"

    def holds(self, results: Results) -> bool:
        """Whether it was reached."""
        value = self.typical(self.found(results))
        if self.at_least is not None:
            return value >= self.at_least
        return self.at_most is not None and value <= self.at_most


def _ratio(
    above: tuple[str, str], below: tuple[str, str], measure: str = "rate"
) -> Callable[[Results], Rounds]:
    """Of two, each a case and a peer."""
    return lambda results: ratios(results.rounds(*above, measure), results.rounds(*below, measure))


def _round_trips(results: Results) -> Rounds:
    latencies = results.rounds("command → new value in another process", OURS, "seconds")
    return ratios(latencies, results.rounds("Sum, 1 worker", NATS, "p50"))


def _hits(results: Results) -> Rounds:
    return ratios(results.rounds("hit", OURS, "replica"), results.rounds("hit", OURS, "local"))


def _goodput(results: Results) -> Rounds:
    """Of each kind of body."""
    return [
        median(overloaded / capacity for capacity, overloaded in pairs)
        for pairs in results.goodput.values()
    ]


BARS = [
    Bar(
        "plain calls, 200 workers ÷ `nats-py request`",
        _ratio((SATURATED, OURS), (SATURATED, NATS)),
        at_least=5,
    ),
    Bar(
        "plain calls, 200 workers ÷ grpc.aio",
        _ratio((SATURATED, OURS), (SATURATED, GRPC)),
        at_least=40,
    ),
    Bar(
        "1,000 workers ÷ 200 of `nats-py request`",
        _ratio(("Sum, 1,000 workers", OURS), (SATURATED, NATS)),
        at_least=5,
    ),
    Bar(
        "one worker ÷ one of `nats-py request`",
        _ratio(("Sum, 1 worker", OURS), ("Sum, 1 worker", NATS)),
        at_least=0.95,
    ),
    Bar(
        "bodies that all wait once (`sleep(0)`), 200 workers ÷ `nats-py request` without a wait",
        _ratio(("Sum with a body that waits once, 200 workers", OURS), (SATURATED, NATS)),
        at_least=3,
    ),
    Bar(
        "2,000 cold remote results at once ÷ 2,000 requests",
        _ratio(
            ("2,000 compute calls at once, cold", OURS), ("2,000 calls at once", NATS), "seconds"
        ),
        at_most=1.0,
    ),
    Bar(
        "2,000 warm compute calls (`stale` after one invalidation each) ÷ 2,000 requests",
        _ratio(
            ("2,000 compute calls at once, stale", OURS), ("2,000 calls at once", NATS), "seconds"
        ),
        at_most=1.2,
    ),
    Bar(
        "stream of 100 B items ÷ grpc.aio's stream",
        _ratio(("Stream100", OURS), ("Stream100", GRPC)),
        at_least=60,
    ),
    Bar("replica hit ÷ local hit", _hits, at_most=2),
    Bar("command → new value in another process, in round trips", _round_trips, at_most=3),
    Bar(
        "goodput at 10 × capacity ÷ goodput at capacity, the worst of four kinds of body",  # noqa: RUF001
        _goodput,
        at_least=0.7,
        typical=min,
    ),
]
"""For CPython 3.11 on two cores that all processes share."""
