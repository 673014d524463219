"""A host's metrics as OpenTelemetry's observable instruments.

An exporter asks in a thread of its own, and a graph is read in its own thread only. So the loop is
asked for a snapshot, and waited for a moment; while it does not answer (it is busy, or waits for
that exporter itself) the last snapshot is told.
"""

from __future__ import annotations

import concurrent.futures
import threading
import weakref
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from functools import partial
from time import monotonic
from typing import Any, Final

from opentelemetry import metrics as api
from opentelemetry.metrics import CallbackOptions, Meter, MeterProvider, Observation

from ..errors import FusionError
from ..graph import Graph
from ..host import Host
from ..observing.families import FAMILIES, Family, FamilyKind
from ..observing.statistics import HostStatistics

__all__ = ["metrics"]

PATIENCE: Final = 1.0
"""Seconds that an exporter waits for the loop."""
FRESH: Final = 0.5
"""Seconds for which a snapshot serves: all metrics of one export come from the same."""


def metrics(host: Host, meter_provider: MeterProvider | None = None) -> None:
    """Export what `host.statistics()` tells, under the names of `docs/observability.md`, until the
    host stops:

        async with Host(url, metrics=True) as host:
            metrics(host)

    Without `metrics=True` those of bodies and calls are missing. Call it once a host, in its loop.

    meter_provider: default: the global one.

    Raises:
        NotBoundError: the host is not running.
    """
    meter = api.get_meter("fusionrt", meter_provider=meter_provider)
    snapshots = _Snapshots(host)
    for family in FAMILIES:
        _make(family, meter, [partial(_observe, snapshots, family)])


def _make(
    family: Family, meter: Meter, callbacks: Sequence[Callable[[CallbackOptions], Any]]
) -> None:
    facts = {"unit": family.unit, "description": family.description}
    if family.kind is FamilyKind.COUNTER:
        meter.create_observable_counter(family.name, callbacks, **facts)
    else:
        meter.create_observable_gauge(family.name, callbacks, **facts)


def _observe(snapshots: _Snapshots, family: Family, _: CallbackOptions) -> Iterable[Observation]:
    told = snapshots.newest()
    if told is None:
        return
    for values, value in family.read(told):
        names = (f"fusion.{name}" for name in family.attributes)
        yield Observation(value, dict(zip(names, values, strict=True)))


class _Snapshots:
    """Of one host, for any thread. Does not keep the host alive."""

    def __init__(self, host: Host) -> None:
        self._host = weakref.ref(host)
        self._graph: Graph = host.graph
        self._thread = threading.get_ident()
        self._told: HostStatistics | None = host.statistics()
        self._at = monotonic()

    def newest(self) -> HostStatistics | None:
        """The newest that can be had; None once the host has stopped."""
        if monotonic() - self._at > FRESH:
            if threading.get_ident() == self._thread:
                self._take()
            else:
                self._ask()
        return self._told

    def _take(self) -> None:
        host = self._host()
        self._told, self._at = None, monotonic()
        if host is not None and not self._graph.closed:
            with suppress(FusionError):  # it is not running
                self._told = host.statistics()

    def _ask(self) -> None:
        done: concurrent.futures.Future[None] = concurrent.futures.Future()

        def take() -> None:
            self._take()
            done.set_result(None)

        try:
            self._graph.loop.call_soon_threadsafe(take)
            done.result(PATIENCE)
        except RuntimeError:  # the loop is closed
            self._told = None
        except TimeoutError:
            self._at = monotonic()  # not a second for each metric
