"""The plots of `docs/scale.md`: what was measured as points, the model as lines."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from matplotlib import rcParams
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from .model import PERIOD, SHARE, Model, model_of
from .results import Point

__all__ = ["plot"]

DOCS = Path(__file__).parents[2] / "docs"
CLIENTS = [10**exponent * factor for exponent in (3, 4, 5) for factor in (1, 2, 5)] + [10**6]
HOSTS = [2**exponent for exponent in range(11)]
MILLION = 10**6


def plot(points: Sequence[Point]) -> None:
    """Write them; the same points make the same files."""
    model = model_of(points)
    many = [point for point in points if point.plan.clients >= min(CLIENTS)]
    _write("scale-clients.svg", lambda panel: _clients(panel, model, many))
    _write("scale-memory.svg", lambda panel: _memory(panel, model, many))
    _write("scale-fan-out.svg", lambda panel: _fan_out(panel, model, many))


def _write(name: str, draw: Callable[[Axes], None]) -> None:
    rcParams["svg.hashsalt"] = name
    rcParams["svg.fonttype"] = "none"
    figure = Figure(figsize=(7, 4), layout="constrained")
    panel = figure.subplots()
    panel.set_xscale("log")
    panel.set_yscale("log")
    panel.grid(alpha=0.3)
    draw(panel)
    panel.legend(fontsize=8)
    figure.savefig(DOCS / name, metadata={"Date": None})


def _clients(panel: Axes, model: Model, points: Iterable[Point]) -> None:
    for color, hosts in enumerate((1, 4, 16)):
        busy = [model.busy(clients, hosts) for clients in CLIENTS]
        label = f"{hosts} host{'s' * (hosts > 1)}"
        panel.plot(CLIENTS, busy, color=f"C{color}", label=label)
        found = [point for point in points if point.plan.hosts == hosts and point.plan.keys == 1]
        beats = [point.plan.clients / hosts / PERIOD for point in found]
        shares = [
            beat * point.idle.host / point.beats for beat, point in zip(beats, found, strict=True)
        ]
        panel.plot([point.plan.clients for point in found], shares, "o", color=f"C{color}")
    broker = [clients / PERIOD * model.beat_broker for clients in CLIENTS]
    panel.plot(CLIENTS, broker, "--", color="C3", label="the broker, of one core")
    panel.axhline(SHARE, color="black", linewidth=0.8)
    panel.axhline(1.0, color="black", linewidth=0.8, linestyle=":")
    panel.set_ylim(1e-3, 3)
    panel.set_xlabel("clients (dots: measured)")
    panel.set_ylabel("share of a core of each host, for keep-alives")


def _memory(panel: Axes, model: Model, points: Iterable[Point]) -> None:
    for color, keys in enumerate((1, 10, 100)):
        megabytes = [model.memory(clients, clients * (keys - 1), 1) / 1e6 for clients in CLIENTS]
        label = f"{keys} replica{'s' * (keys > 1)} a client"
        panel.plot(CLIENTS, megabytes, color=f"C{color}", label=label)
        found = [point for point in points if point.plan.hosts == 1 and point.plan.keys == keys]
        grown = [
            (point.join.host_bytes + (point.register.host_bytes if point.register else 0)) / 1e6
            for point in found
        ]
        panel.plot([point.plan.clients for point in found], grown, "o", color=f"C{color}")
    panel.set_xlabel("clients of one host (dots: measured)")
    panel.set_ylabel("MB that the host grows by")


def _fan_out(panel: Axes, model: Model, points: Iterable[Point]) -> None:
    for color, each in enumerate((1, 10, 100)):
        seconds = [model.tell(MILLION, each, hosts) for hosts in HOSTS]
        label = f"a client has {each} of them"
        panel.plot(HOSTS, seconds, color=f"C{color}", label=label)
        broker = model.pass_on(MILLION, each)
        panel.axhline(broker, color=f"C{color}", linestyle="--", linewidth=0.8)
        panel.plot([model.knee(each)], [broker], "s", color=f"C{color}", fillstyle="none")
    panel.plot([], [], "--", color="grey", label="a core of the broker's")
    panel.plot([], [], "s", color="grey", fillstyle="none", label="the knee")
    for point in points:
        if point.plan.clients == max(each.plan.clients for each in points):
            scaled = point.median_told("host") / point.plan.hosts * MILLION / point.plan.replicas
            panel.plot([point.plan.hosts], [scaled], "o", color=_color(point.plan.keys))
    panel.set_xlabel("hosts (dots: measured with 10,000 clients)")
    panel.set_ylabel("seconds for each million replicas")


def _color(keys: int) -> str:
    return f"C{(1, 10, 100).index(keys)}"
