"""Spans of calls and bodies, over hosts, and from a cause to what it made run again."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ALWAYS_ON, Sampler
from opentelemetry.trace import SpanKind, StatusCode

from fusionrt import Call, Host, Next
from fusionrt.otel import tracing
from fusionrt.testing import eventually
from fusionrt.transport.memory import MemoryNetwork
from tests.lab import Broken, LabClient, Pair, TinyLab


class Traced:
    """A tracer provider of its own, and what it made."""

    def __init__(self, sampler: Sampler = ALWAYS_ON) -> None:
        self._exporter = InMemorySpanExporter()
        self.provider = TracerProvider(sampler=sampler)
        self.provider.add_span_processor(SimpleSpanProcessor(self._exporter))
        self.tracer = self.provider.get_tracer("test")

    @property
    def spans(self) -> Sequence[ReadableSpan]:
        return self._exporter.get_finished_spans()

    def named(self, name: str, kind: SpanKind | None = None) -> ReadableSpan:
        """The last one of that name."""
        found = [s for s in self.spans if s.name == name and kind in (None, s.kind)]
        return found[-1]


@asynccontextmanager
async def traced(
    there: Traced, here: Traced | None, lab: TinyLab | None = None
) -> AsyncIterator[Pair]:
    """The lab, traced where it is served and, if it shall be, where it is called."""
    network = MemoryNetwork(1)
    lab = TinyLab({"a": 1}) if lab is None else lab
    transport = network.connect("calling")
    calling = tracing(here.provider) if here else []
    async with (
        Host(transport=network.connect("serving"), interceptors=tracing(there.provider)) as serving,
        Host(transport=transport, client_interceptors=calling) as other,
    ):
        await serving.serve(lab)
        yield Pair(serving, other, lab, other.client(LabClient), transport)


def context(span: ReadableSpan) -> tuple[int, int]:
    """Its trace and its id."""
    found = span.get_span_context()
    assert found is not None
    return found.trace_id, found.span_id


def is_child(child: ReadableSpan, parent: ReadableSpan) -> bool:
    """Whether it was made within the other."""
    found = child.parent
    return found is not None and (found.trace_id, found.span_id) == context(parent)


async def test_one_trace_goes_over_both_hosts() -> None:
    """The caller's span, the client's, the server's, and those of the bodies that it called."""
    there, here = Traced(), Traced()
    async with traced(there, here) as pair:
        with here.tracer.start_as_current_span("page"):
            assert await pair.client.double("a") == 2
    client = here.named("lab/double")
    server = there.named("lab/double")
    inner = there.named("lab/get")
    assert (client.kind, server.kind, inner.kind) == (
        SpanKind.CLIENT,
        SpanKind.SERVER,
        SpanKind.INTERNAL,
    )
    assert is_child(client, here.named("page"))
    assert is_child(server, client)
    assert is_child(inner, server)
    assert dict(server.attributes or {}) == {
        "rpc.system.name": "fusion",
        "rpc.method": "lab/double",
        "fusion.kind": "compute",
    }


async def test_calls_of_one_batch_have_their_own_parents() -> None:
    """Many calls of one turn of the loop, run by one task of the pool."""
    there, here = Traced(), Traced()

    async def page(number: int) -> None:
        with here.tracer.start_as_current_span(f"page {number}"):
            assert await pair.client.echo(str(number)) == str(number)

    async with traced(there, here) as pair:
        await asyncio.gather(*map(page, range(20)))
    servers = [s for s in there.spans if s.name == "lab/echo"]
    clients = {context(s): s for s in here.spans if s.name == "lab/echo"}
    assert len(servers) == len(clients) == 20
    parents = {(s.parent.trace_id, s.parent.span_id) for s in servers if s.parent}
    assert parents == set(clients)
    assert len({trace for trace, _ in parents}) == 20


async def test_calls_without_a_context_begin_their_own_trace() -> None:
    """Of a client that traces nothing; whatever was current when the host began."""
    there = Traced()
    with there.tracer.start_as_current_span("start"):
        async with traced(there, None) as pair:
            await pair.client.echo("x")
    assert there.named("lab/echo").parent is None


async def test_what_is_not_sampled_does_not_travel() -> None:
    """Not a header for it, and nothing is exported."""
    there, here = Traced(), Traced(ALWAYS_OFF)
    headers: list[dict[str, str]] = []

    async def look(call: Call, next: Next) -> object:
        headers.append(call.headers)
        return await next()

    async with traced(there, here) as pair:
        view = pair.client.with_options(interceptors=[look])
        await view.echo("x")
    assert headers == [{}]
    assert here.spans == ()


async def test_a_failure_is_told_by_its_type() -> None:
    """On both sides."""
    there, here = Traced(), Traced()
    async with traced(there, here) as pair:
        with pytest.raises(Broken):
            await pair.client.trouble("declared")
    for span in (there.named("lab/trouble"), here.named("lab/trouble")):
        assert span.status.status_code is StatusCode.ERROR
        assert (span.attributes or {})["error.type"] == "Broken"


async def test_a_stream_is_a_span_until_its_end() -> None:
    """What its body calls is within it."""
    there, here = Traced(), Traced()

    class Reading(TinyLab):
        async def count(self, upto: int) -> AsyncIterator[int]:
            for _ in range(upto):
                yield await self.get("a")

    async with traced(there, here, Reading({"a": 5})) as pair:
        assert [n async for n in pair.client.count(2)] == [5, 5]
        await eventually(lambda: "lab/count" in [s.name for s in here.spans])
    server = there.named("lab/count")
    assert is_child(server, here.named("lab/count"))
    assert is_child(there.named("lab/get"), server)


async def test_a_recomputation_is_linked_to_its_cause() -> None:
    """The command's span tells what it invalidated; what runs again points to that span."""
    there, here = Traced(), Traced()
    async with traced(there, here) as pair:
        await pair.client.double("a")
        await pair.client.put("a", 4)
        assert await pair.client.double("a") == 8
    command = there.named("lab/put")
    assert [(e.name, dict(e.attributes or {})) for e in command.events] == [
        ("fusion.invalidated", {"fusion.method": "lab/get"})
    ]
    for name in ("lab/double", "lab/get"):
        (link,) = there.named(name).links
        assert (link.context.trace_id, link.context.span_id) == context(command)
    first = next(s for s in there.spans if s.name == "lab/double")
    assert not first.links


async def test_no_span_names_an_argument() -> None:
    """They may be secrets; names and kinds tell enough."""
    there, here = Traced(), Traced()
    async with traced(there, here) as pair:
        await pair.client.put("s3cret", 4)
        await pair.client.get("s3cret")
        await pair.client.put("s3cret", 5)
    for span in (*there.spans, *here.spans):
        assert "s3cret" not in span.to_json()


def test_the_runtime_does_not_import_opentelemetry() -> None:
    """It is an extra: without it only `fusionrt.otel` is missing, and says what to install."""
    code = """
import sys
sys.modules["opentelemetry"] = None
import fusionrt
assert not [m for m in sys.modules if m.startswith("opentelemetry.")]
try:
    import fusionrt.otel
except fusionrt.MissingPackage as missing:
    assert "fusiongen[otel]" in str(missing)
    print("told")
"""
    run = [sys.executable, "-c", code]
    assert subprocess.run(run, capture_output=True, text=True, check=True).stdout == "told\n"
