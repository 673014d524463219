"""What a host counts, and how it is told."""

from __future__ import annotations

import asyncio
import re
from functools import partial

import pytest

from fusionrt import CallTimeout, ComputeOptions, Host, Origin, OriginKind, Overloaded
from fusionrt.graph import kind_of
from fusionrt.observing.families import FAMILIES
from fusionrt.observing.meter import REMEMBERED
from fusionrt.observing.prometheus import exposition
from fusionrt.primitives import now
from fusionrt.rpc import Peer
from fusionrt.testing import eventually
from fusionrt.transport.memory import MemoryNetwork
from fusionrt.wire.limits import Limits
from fusionrt.wire.refusals import refusal
from tests.lab import Broken, TinyLab
from tests.virtual import virtual

from .lab import measured, series


async def test_bodies_and_calls_are_counted_by_method() -> None:
    """With their seconds and their errors, on both sides."""
    async with measured() as pair:
        for _ in range(3):
            await pair.client.echo("x")
        await pair.client.get("a")
        await pair.client.get("a")
        await pair.client.put("a", 2)
        assert [n async for n in pair.client.count(3)] == [0, 1, 2]
        with pytest.raises(Broken):
            await pair.client.trouble("declared")
        counts = {
            ("lab", "echo", "plain"): 3,
            ("lab", "get", "compute"): 1,
            ("lab", "put", "command"): 1,
            ("lab", "count", "stream"): 1,
            ("lab", "trouble", "plain"): 1,
        }
        await eventually(lambda: series(pair.calling, "fusion.client.calls") == counts)
        await eventually(lambda: series(pair.serving, "fusion.bodies") == counts)
        errors = series(pair.serving, "fusion.bodies.errors")
        assert errors == dict.fromkeys(counts, 0) | {("lab", "trouble", "plain"): 1}
        assert series(pair.calling, "fusion.client.calls.errors") == errors
        for host, name in (
            (pair.serving, "fusion.bodies.duration"),
            (pair.calling, "fusion.client.calls.duration"),
        ):
            seconds = series(host, name)
            assert seconds.keys() == counts.keys()
            assert all(0 <= each < 10 for each in seconds.values())
        assert series(pair.serving, "fusion.client.calls") == {}


async def test_a_body_that_waits_counts_its_waiting() -> None:
    """Seconds are of the wall, not of the processor."""
    async with measured() as pair:
        waiting = asyncio.ensure_future(pair.client.wait())
        await eventually(lambda: pair.lab.waiting == 1)
        began = now()
        for _ in range(20):
            await pair.client.echo("x")
        waited = now() - began
        pair.lab.gate.set()
        await waiting
        key = ("lab", "wait", "plain")
        assert series(pair.serving, "fusion.bodies.duration")[key] >= waited
        assert series(pair.calling, "fusion.client.calls.duration")[key] >= waited


@virtual
async def test_a_cancelled_body_is_no_error() -> None:
    """But the call that ran out of time is one, where it was made."""
    async with measured() as pair:
        with pytest.raises(CallTimeout):
            await pair.client.with_options(timeout=0.1).wait()
        key = ("lab", "wait", "plain")
        await eventually(lambda: series(pair.serving, "fusion.bodies") == {key: 1})
        assert series(pair.serving, "fusion.bodies.errors")[key] == 0
        assert series(pair.calling, "fusion.client.calls.errors")[key] == 1


async def test_hits_are_exact() -> None:
    """Every hit of a client and a host, though nothing is measured at a hit."""
    async with measured() as pair:
        for _ in range(100):
            await pair.client.get("a")
            await pair.lab.get("a")
        key = ("lab", "get")
        assert series(pair.calling, "fusion.cache.hits")[key] == 99
        assert series(pair.calling, "fusion.cache.misses")[key] == 1
        assert series(pair.serving, "fusion.cache.hits")[key] >= 99
        assert series(pair.serving, "fusion.bodies")[*key, "compute"] == 1


async def test_a_wasted_recomputation_is_charged_to_its_command() -> None:
    """A body that ran again and came to the same: by the command that invalidated it."""
    async with measured() as pair:
        for value in (1, 1, 2, 2):
            await pair.lab.double("a")
            await pair.lab.put("a", value)
        await pair.lab.double("a")
        put = "lab.put"
        assert series(pair.serving, "fusion.recomputations.wasted") == {
            ("lab", "get", put): 3,
            ("lab", "double", put): 3,
        }


async def test_waste_of_a_consolidated_method_has_its_name() -> None:
    """What runs behind it is nobody's business; it is what `consolidate` keeps from the others."""
    async with measured() as pair:
        graph, value = pair.serving.graph, 1

        async def body(key: str) -> int:
            return value

        options = ComputeOptions(consolidate=0.0)
        function = kind_of(options)(graph, "shop.price", body, options=options)
        assert await function.fetch(("a",)) == 1
        function.invalidate(("a",), Origin(OriginKind.STATE, "a test"))
        wasted = {("shop", "price", "state"): 1}
        await eventually(lambda: series(pair.serving, "fusion.recomputations.wasted") == wasted)


async def test_waste_has_other_causes_too() -> None:
    """An invalidation by hand is charged to its kind."""
    async with measured() as pair:
        await pair.lab.get("a")
        pair.lab.invalidate.get("a")
        await pair.lab.get("a")
        wasted = series(pair.serving, "fusion.recomputations.wasted")
        assert wasted == {("lab", "get", "call"): 1}
        assert series(pair.serving, "fusion.invalidations") == {("call",): 1}


async def test_what_is_remembered_for_it_is_bounded() -> None:
    """Values are not kept for ever for the sake of a count."""
    async with measured() as pair:
        for number in range(REMEMBERED + 50):
            await pair.lab.get(str(number))
        pair.serving.graph.invalidate_all()
        meter = pair.serving._open()._around.meter
        assert meter is not None
        assert len(meter._before) == REMEMBERED
        _, key = next(iter(meter._before))
        await pair.lab.get(str(key))
        assert len(meter._before) == REMEMBERED - 1


async def test_values_that_cannot_be_compared_count_as_different() -> None:
    """What users wrote may raise; it is reported, and nothing else fails (G37)."""

    class Odd(int):
        def __eq__(self, other: object) -> bool:
            raise ValueError("no")

        __hash__ = int.__hash__

    class OddLab(TinyLab):
        async def get(self, key: str) -> int:
            return Odd(1)

    reports: list[str] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, c: reports.append(c["message"]))
    async with measured(OddLab()) as pair:
        await pair.lab.get("a")
        pair.lab.invalidate.get("a")
        assert type(await pair.lab.get("a")) is Odd
        assert series(pair.serving, "fusion.recomputations.wasted") == {}
    assert len(reports) == 1


async def test_sessions_replicas_and_registrations() -> None:
    """What two processes hold of each other, by service."""
    async with measured() as pair:
        await pair.client.get("a")
        await pair.client.get("b")
        assert series(pair.serving, "fusion.sessions") == {("lab", "host"): 1}
        assert series(pair.calling, "fusion.sessions") == {("lab", "client"): 1}
        assert series(pair.serving, "fusion.registrations") == {("lab",): 2}
        assert series(pair.calling, "fusion.replicas") == {("lab",): 2}
        (lag,) = series(pair.calling, "fusion.lag").values()
        assert 0 <= lag < 6
        waiting = asyncio.ensure_future(pair.client.wait())
        await eventually(lambda: pair.lab.waiting == 1)
        assert series(pair.serving, "fusion.pending") == {("lab", "host"): 1}
        assert series(pair.calling, "fusion.pending") == {("lab", "client"): 1}
        pair.lab.gate.set()
        await waiting
        assert series(pair.serving, "fusion.overloads") == {("lab", "host"): 0}
        assert series(pair.calling, "fusion.broker.connected") == {(): 1}


async def test_what_is_refused_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Calls and streams, where they are refused, and by whoever made them."""
    tight = partial(Limits, streams=1, under_way=4)
    monkeypatch.setattr("fusionrt.rpc.host.responder.Limits", tight)
    async with measured() as pair:
        got = await asyncio.gather(
            *(pair.client.echo("x") for _ in range(10)), return_exceptions=True
        )
        refused = sum(isinstance(each, Overloaded) for each in got)
        assert refused == 6
        stream = pair.client.blobs(10)
        await anext(stream)
        with pytest.raises(Overloaded):
            await anext(pair.client.blobs(10))
        assert series(pair.serving, "fusion.overloads") == {("lab", "host"): 7}
        await eventually(lambda: series(pair.calling, "fusion.overloads") == {("lab", "client"): 7})


async def test_a_read_that_is_refused_at_once_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """It makes no call, and no replica: only the client knows (D27)."""
    async with measured() as pair:
        await pair.client.get("a")
        monkeypatch.setattr(Peer, "refusal", lambda self, left: refusal(0.5))
        with pytest.raises(Overloaded):
            await pair.client.get("b")
        assert await pair.client.get("a") == 1
        assert series(pair.calling, "fusion.overloads") == {("lab", "client"): 1}


async def test_without_metrics_nothing_is_measured() -> None:
    """And no body has an interceptor around it: what is off costs nothing."""
    network = MemoryNetwork(1)
    async with Host(transport=network.connect("x")) as host:
        lab = TinyLab({"a": 1})
        await host.serve(lab)
        await lab.get("a")
        assert host.statistics().measured is None
        assert series(host, "fusion.bodies") == {}
        assert series(host, "fusion.cache.misses")[("lab", "get")] == 1
        assert lab._fusion.pipeline is None
        assert host.graph.events.handlers == ()


async def test_attributes_are_bounded() -> None:
    """No argument, principal or instance is a label, whatever is called."""
    async with measured() as pair:
        for number in range(20):
            await pair.client.get(f"s3cret-{number}")
            await pair.client.put(f"s3cret-{number}", 1)
        told = pair.serving.statistics()
        page = exposition(told) + exposition(pair.calling.statistics())
        assert "s3cret" not in page
        assert pair.serving.iid not in page
        assert told.caller.cid not in page
        names = {"service", "method", "kind", "side", "origin", "cause", "state", "outcome"}
        assert {name for family in FAMILIES for name in family.attributes} <= names


def test_names_are_well_formed() -> None:
    """Dotted small letters there, underscores here; each once."""
    assert len({f.name for f in FAMILIES}) == len({f.prometheus for f in FAMILIES}) == len(FAMILIES)
    for family in FAMILIES:
        assert re.fullmatch(r"fusion(\.[a-z_]+)+", family.name)
        assert re.fullmatch(r"fusion(_[a-z]+)+", family.prometheus)
        assert family.description.endswith(".")


async def test_the_text_format() -> None:
    """Each metric is described before its values; each line is one that Prometheus takes."""
    async with measured() as pair:
        await pair.client.get("a")
        lines = exposition(pair.serving.statistics()).splitlines()
    sample = re.compile(r'[a-z_]+(\{[a-z]+="[^"]*"(,[a-z]+="[^"]*")*\})? (\d+(\.\d+)?(e-\d+)?)')
    current = ""
    for line in lines:
        if line.startswith("# HELP "):
            current = line.split()[2]
        elif line.startswith("# TYPE "):
            assert line.split()[2] == current
            assert line.split()[3] in ("counter", "gauge")
        else:
            assert sample.fullmatch(line), line
            assert re.split(r"[{ ]", line)[0] == current
    assert 'fusion_cache_misses_total{service="lab",method="get"} 1' in lines
    assert 'fusion_sessions{service="lab",side="host"} 1' in lines
