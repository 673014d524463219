"""`docs/scale.md`, by what was measured."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from .model import PERIOD, SHARE, Model, model_of
from .results import Point

__all__ = ["PAGE", "page", "write"]

PAGE = Path(__file__).parents[2] / "docs" / "scale.md"
TEMPLATE = Path(__file__).with_name("page.txt")
MILLION = 10**6


def write(points: Sequence[Point]) -> None:
    """The page."""
    PAGE.write_text(page(points))


def page(points: Sequence[Point]) -> str:
    """Its text."""
    model = model_of(points)
    largest = max(points, key=lambda point: point.plan.replicas)
    per_broker = model.clients_of_a_broker()
    return TEMPLATE.read_text().format(
        python=largest.python,
        machine=largest.machine,
        measured="\n".join(map(_row, points)),
        prices="\n".join(_prices(model)),
        share=f"{SHARE:.0%}",
        period=PERIOD,
        of_a_host=_round(model.clients_of_a_host()),
        of_a_broker=_round(per_broker),
        hosts_of_a_broker=f"{per_broker / model.clients_of_a_host():.1f}",
        gigabytes=f"{model.memory(10_000, MILLION, 1) / 1e9:.1f}",
        fan_outs="\n".join(_fan_outs(model)),
        knee_1=f"{model.knee(1):.0f}",
        knee_100=f"{model.knee(100):.0f}",
        one=f"{model.tell(MILLION, 1, 1):.0f}",
        hundred=f"{model.tell(MILLION, 100, 1):.1f}",
        read_again=f"{MILLION * model.register:.0f}",
        million=f"{largest.median_told('host'):.1f}",
        million_clock=f"{largest.median_told('seconds'):.0f}",
        largest_clients=f"{largest.plan.clients:,}",
        largest_keys=largest.plan.keys,
        commands=_round(model.commands()),
        operation=f"{1e6 * model.operation:.0f}",
        command=f"{1e6 * model.command:.0f}",
    )


def _row(point: Point) -> str:
    plan, told = point.plan, point.median_told
    grown = point.join.host_bytes + (point.register.host_bytes if point.register else 0)
    if point.commands is not None:
        return f"| {plan.clients:,} | {plan.hosts} | {plan.replicas:,} |" + " |" * 7
    cells = (
        f"{plan.clients:,}",
        str(plan.hosts),
        f"{plan.replicas:,}",
        f"{1e6 * point.idle.host / point.beats:.0f}",
        f"{1e6 * point.idle.broker / point.beats:.0f}",
        f"{grown / plan.hosts / 1e6:.0f}",
        f"{told('seconds'):.2f}",
        f"{told('host') / plan.hosts:.2f}",
        f"{told('broker'):.2f}",
        f"{told('crowd'):.2f}",
    )
    return f"| {' | '.join(cells)} |"


def _prices(model: Model) -> Iterator[str]:
    micro, kilo = 1e6, 1e3
    rows = [
        ("a keep-alive, and its answer", model.beat * micro, "µs"),
        ("the same at the broker", model.beat_broker * micro, "µs"),
        ("the same in the client", model.beat_client * micro, "µs"),
        ("a client that comes, with its first replica", model.join * micro, "µs"),
        ("a replica that is read, and registered", model.register * micro, "µs"),
        ("an invalidation's message to a client", model.told * micro, "µs"),
        ("each replica that it names", model.told_replica * micro, "µs"),
        ("the message at the broker", model.told_broker * micro, "µs"),
        ("a command that the host ran", model.command * micro, "µs"),
        ("a command that another host ran", model.operation * micro, "µs"),
        ("a client, with its first replica", model.bytes_client / kilo, "KB"),
        ("a further replica of a client", model.bytes_replica / kilo, "KB"),
        ("a client in its own process, with all of `Host`", model.bytes_client_there / kilo, "KB"),
        ("a replica in the client's process", model.bytes_replica_there / kilo, "KB"),
    ]
    for name, value, unit in rows:
        yield f"| {name} | {value:,.{0 if value >= 10 else 1}f} {unit} |"


def _fan_outs(model: Model) -> Iterator[str]:
    for each in (1, 10, 100):
        hosts = [model.tell(MILLION, each, count) for count in (1, 4, 16, 64)]
        seconds = " | ".join(f"{value:.2g}" for value in hosts)
        broker = model.pass_on(MILLION, each)
        yield f"| {each} | {seconds} | {broker:.2g} | {model.knee(each):.0f} |"


def _round(value: float) -> str:
    """In two digits."""
    digits = 10 ** (len(str(int(value))) - 2)
    return f"{round(value / digits) * digits:,}"
