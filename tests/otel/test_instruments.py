"""The metrics as OpenTelemetry's instruments."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader

from fusionrt.observing.families import FAMILIES
from fusionrt.otel import instruments, metrics
from tests.observing.lab import measured


def collected(reader: InMemoryMetricReader) -> dict[str, dict[tuple[str, ...], Any]]:
    """The values, by metric and by attributes in the order of their names."""
    data = reader.get_metrics_data()
    found: dict[str, dict[tuple[str, ...], Any]] = {}
    for resource in data.resource_metrics if data else ():
        for scope in resource.scope_metrics:
            for metric in scope.metrics:
                points = found.setdefault(metric.name, {})
                for point in metric.data.data_points:
                    attributes = dict(point.attributes or {})
                    points[tuple(str(attributes[key]) for key in sorted(attributes))] = getattr(
                        point, "value", None
                    )
    return found


async def test_every_metric_is_an_instrument() -> None:
    """Under its name, with its unit; attributes have a prefix of ours."""
    reader = InMemoryMetricReader()
    provider = MeterProvider([reader])
    async with measured() as pair:
        await pair.client.get("a")
        await pair.client.put("a", 1)
        await pair.client.get("a")
        metrics(pair.serving, provider)
        found = collected(reader)
    assert set(found) <= {family.name for family in FAMILIES}
    assert found["fusion.bodies"][("compute", "get", "lab")] == 2
    assert found["fusion.invalidations"] == {("command",): 1}
    assert found["fusion.sessions"] == {("lab", "host"): 1}
    provider.shutdown()


async def test_an_exporter_asks_from_its_own_thread() -> None:
    """And gets a snapshot that the loop took (G39)."""
    reader = InMemoryMetricReader()
    provider = MeterProvider([reader])
    async with measured() as pair:
        metrics(pair.serving, provider)
        await pair.client.get("a")
        found = await asyncio.to_thread(collected, reader)
        assert "fusion.cache.misses" in found
    provider.shutdown()


async def test_an_exporter_that_the_loop_waits_for_gets_the_last_snapshot(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """No deadlock: `shutdown` of a provider, called in the loop, joins the exporter's thread."""
    reader = InMemoryMetricReader()
    provider = MeterProvider([reader])
    found: list[dict[str, Any]] = []
    async with measured() as pair:
        metrics(pair.serving, provider)
        monkeypatch.setattr(instruments, "FRESH", 0.0)
        monkeypatch.setattr(instruments, "PATIENCE", 0.01)
        thread = threading.Thread(target=lambda: found.append(collected(reader)))
        thread.start()
        thread.join(20)
        assert not thread.is_alive()
    assert "fusion.broker.connected" in found[0]
    provider.shutdown()


async def test_a_host_that_stopped_tells_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its series end; nothing keeps it alive."""
    reader = InMemoryMetricReader()
    provider = MeterProvider([reader])
    async with measured() as pair:
        metrics(pair.serving, provider)
    monkeypatch.setattr(instruments, "FRESH", 0.0)
    assert all(not points for points in collected(reader).values())
    provider.shutdown()
