"""Spans: of the calls that a process makes, of the bodies that it runs, and what caused the latter.

The context travels with sampled calls only, as headers (W3C: `traceparent`). So a host cannot tell
a call that was not sampled from one of a process that traces nothing: a span there begins a trace
of its own, if the host's sampler takes it.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from typing import Any, Final

from opentelemetry import propagate, trace
from opentelemetry.context import Context
from opentelemetry.trace import Link, SpanContext, SpanKind, Tracer, TracerProvider

from ..graph import Computed, Event, EventKind, Graph, function_of, innermost_computed, key_of
from ..interceptors import Call, CallKind, Interceptor, Next, Side

__all__ = ["tracing"]

REMEMBERED: Final = 4096
"""Results whose invalidation came from a sampled span, until they are computed again."""

_NONE: Final[Sequence[Link]] = ()


def tracing(tracer_provider: TracerProvider | None = None) -> list[Interceptor]:
    """Interceptors that make a span of each call, for a host, its clients, or both:

        trace = tracing()
        async with Host(url, interceptors=trace, client_interceptors=trace) as host: …

    A span is named `carts/total`; its attributes are `rpc.system.name`, `rpc.method`,
    `fusion.kind`, and `error.type` if it failed. A recomputation has a link to the span in which
    its last result was invalidated, if that was in this process, and that span an event for each
    result that it invalidated directly. No span names an argument.

    tracer_provider: default: the global one.
    """
    tracer = trace.get_tracer("fusionrt", tracer_provider=tracer_provider)
    return [_Tracing(tracer)]


class _Tracing:
    def __init__(self, tracer: Tracer) -> None:
        self._tracer = tracer
        self._causes: OrderedDict[tuple[str, object], SpanContext] = OrderedDict()

    async def __call__(self, call: Call, next: Next) -> Any:
        with self._tracer.start_as_current_span(
            f"{call.service}/{call.method}",
            context=_parent(call),
            kind=_kind(call),
            attributes={
                "rpc.system.name": "fusion",
                "rpc.method": f"{call.service}/{call.method}",
                "fusion.kind": call.kind.value,
            },
            links=self._links(call),
        ) as span:
            if call.side is Side.CLIENT and span.get_span_context().trace_flags.sampled:
                propagate.inject(call.headers)
            try:
                return await next()
            except BaseException as error:
                span.set_attribute("error.type", type(error).__qualname__)
                raise

    # -- from an invalidation to what it made run again --

    def attach(self, graph: Graph) -> None:
        """Hear of its invalidations."""
        graph.events.subscribe(self._happened)

    def _happened(self, event: Event) -> None:
        if event.kind is not EventKind.INVALIDATED:
            return
        span = trace.get_current_span()
        context = span.get_span_context()
        if not context.trace_flags.sampled:
            return
        computed = event.computed
        if computed.cause is None:
            method = function_of(computed).method.replace(".", "/", 1)
            span.add_event("fusion.invalidated", {"fusion.method": method})
        self._causes[_name(computed)] = context
        if len(self._causes) > REMEMBERED:
            self._causes.popitem(last=False)

    def _links(self, call: Call) -> Sequence[Link]:
        if call.kind is not CallKind.COMPUTE or not self._causes:
            return _NONE
        computed = innermost_computed()
        cause = None if computed is None else self._causes.pop(_name(computed), None)
        return _NONE if cause is None else [Link(cause, {"fusion.cause": "invalidation"})]


def _name(computed: Computed[Any]) -> tuple[str, object]:
    """The same for each result of a method for some arguments."""
    return function_of(computed).name, key_of(computed)


def _parent(call: Call) -> Context | None:
    """None: what is current here."""
    if call.side is Side.CLIENT or not call.is_remote:
        return None
    return propagate.extract(call.headers, context=Context())


def _kind(call: Call) -> SpanKind:
    if call.side is Side.CLIENT:
        return SpanKind.CLIENT
    return SpanKind.SERVER if call.is_remote else SpanKind.INTERNAL
