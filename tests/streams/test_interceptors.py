"""Interceptors around calls that are sent a stream, or give something before one."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from contextvars import ContextVar
from typing import Any, cast

import pytest

from fusionrt import Call, CallKind, Host, Interceptor, Next, RemoteError, Side, skipped
from fusionrt.testing import eventually
from fusionrt.transport.memory import MemoryNetwork
from tests.streams.contracts import Page, Refused, Row
from tests.streams.generated.flows import FlowsClient
from tests.streams.world import MyFlows, Source, World


class Seen:
    """Notes what it saw, and when it was over."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.over: list[str] = []

    async def __call__(self, call: Call, next: Next) -> Any:
        self.calls.append(call)
        try:
            return await next()
        finally:
            self.over.append(call.method)


@asynccontextmanager
async def linked(serving: list[Interceptor], calling: list[Interceptor]) -> AsyncIterator[World]:
    """A service served with interceptors, and a client of it with others."""
    network, service = MemoryNetwork(1), MyFlows()
    async with (
        Host(transport=network.connect("serving"), interceptors=serving) as host,
        Host(transport=network.connect("calling"), client_interceptors=calling) as other,
    ):
        await host.serve(service)
        yield World(service, other.client(FlowsClient), network, host, other)
        service.gate.set()


def _as_client(world: World) -> Any:
    return world.client


def _as_service(world: World) -> Any:
    return world.service


WAYS = pytest.mark.parametrize("way", [_as_client, _as_service], ids=["remote", "local"])


async def test_every_form_is_seen_on_both_sides() -> None:
    """A plain call, a command, a stream, and one behind a head: once each, with what is sent."""
    there, here = Seen(), Seen()
    async with linked([there], [here]) as world:
        flows, sent = world.client, [Source(3) for _ in range(4)]
        assert await flows.sum(sent[0].numbers()) == 3
        assert await flows.load("a", sent[1].rows()) == 3
        assert [n async for n in flows.doubled(sent[2].numbers())] == [0, 2, 4]
        page, seven, rows = await flows.relay("b", sent[3].rows())
        assert (page, seven) == (Page("b", 0), 7)
        assert [row async for row in rows] == [Row(0), Row(1), Row(2)]
        await eventually(lambda: len(there.over) == len(here.over) == 4)
        for side, seen in ((Side.HOST, there), (Side.CLIENT, here)):
            assert [(c.method, c.kind, len(c.arguments), c.side) for c in seen.calls] == [
                ("sum", CallKind.PLAIN, 1, side),
                ("load", CallKind.COMMAND, 2, side),
                ("doubled", CallKind.STREAM, 1, side),
                ("relay", CallKind.STREAM, 2, side),
            ]
        assert all(each.closed for each in sent)


@WAYS
async def test_they_are_around_the_items_that_follow_a_head(way: Any) -> None:
    """Until the last of them is read, or the reader leaves."""
    seen = Seen()
    async with linked([seen], []) as world:
        page, rows = await way(world).open("a", 3)
        assert page == Page("a", 3)
        assert [row.number async for row in rows] == [0, 1, 2]
        await eventually(lambda: seen.over == ["open"])
        _, rows = await way(world).open("b", 10**6)
        async with aclosing(cast(Any, rows)):
            async for row in rows:
                if row.number == 5:
                    assert seen.over == ["open"]
                    break
        await eventually(lambda: seen.over == ["open", "open"])
        await eventually(lambda: len(world.service.caught) == 1)
        with pytest.raises(Refused):
            await way(world).open("refused", 1)
        assert seen.over == ["open"] * 3


async def test_D19_they_clean_up_undisturbed_when_the_reader_has_no_time_left() -> None:
    """Whoever closes a stream may give up waiting for that, close it again, and drop it."""
    cleaning, may_end, clean = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def cleans_up(_: Call, next: Next) -> Any:
        try:
            return await next()
        finally:
            cleaning.set()
            await may_end.wait()
            clean.set()

    async with linked([cleans_up], []) as world:
        _, rows = await world.service.open("a", 10**6)
        await anext(rows)
        for _ in range(2):
            closing = asyncio.ensure_future(cast(Any, rows).aclose())
            await cleaning.wait()
            closing.cancel()
            await asyncio.wait([closing])
        del rows, closing
        gc.collect()
        may_end.set()
        await eventually(clean.is_set)


@WAYS
async def test_they_see_what_a_stream_behind_a_head_fails_with(way: Any) -> None:
    """As of any stream; what they raise instead is what its reader gets."""

    async def other(call: Call, next: Next) -> Any:
        try:
            return await next()
        except Refused:
            raise Refused("by an interceptor") from None

    async with linked([other], []) as world:
        _, _, rows = await way(world).relay("a", Source(2, Refused("mine")).rows())
        got = []
        with pytest.raises(Refused, match="by an interceptor"):
            async for row in rows:
                got.append(row.number)  # noqa: PERF401 - it fails on the way
        assert got == [0, 1]


async def test_a_client_refuses_before_anything_is_taken() -> None:
    """The call is not made, and the iterator is closed; of a head it says so, too."""

    async def refuse(call: Call, next: Next) -> Any:
        raise Refused(call.method)

    async def forget(call: Call, next: Next) -> Any:
        return None

    async with linked([], [refuse]) as world:
        source = Source(3)
        with pytest.raises(Refused, match="load"):
            await world.client.load("a", source.rows())
        with pytest.raises(Refused, match="open"):
            await world.client.open("a", 1)
        with pytest.raises(Refused, match="doubled"):
            [_ async for _ in world.client.doubled(source.numbers())]
        assert (source.given, world.service.loads) == (0, [])
    async with linked([], [forget]) as world:
        with pytest.raises(RuntimeError, match="what comes before the stream"):
            await world.client.open("a", 1)


async def test_a_host_refuses_before_anything_is_taken() -> None:
    """Its caller gets the error, and nothing was read of its iterator."""

    async def refuse(call: Call, next: Next) -> Any:
        raise Refused(call.method) if call.method != "open" else PermissionError("secret")

    async with linked([refuse], []) as world:
        source = Source(3)
        with pytest.raises(Refused, match="load"):
            await world.client.load("a", source.rows())
        with pytest.raises(Refused, match="doubled"):
            [_ async for _ in world.client.doubled(source.numbers())]
        with pytest.raises(RemoteError) as caught:
            await world.client.open("a", 1)
        assert "secret" not in str(caught.value)
        assert (source.given, world.service.loads) == (0, [])


async def test_headers_come_with_what_is_sent_and_iterators_see_the_context() -> None:
    """Headers reach the host's interceptors; the iterator runs in the context of the caller's."""
    there, who = Seen(), ContextVar("who", default=1)

    async def mark(call: Call, next: Next) -> Any:
        call.headers["mark"] = call.method
        token = who.set(10)
        try:
            return await next()
        finally:
            who.reset(token)

    async def numbers() -> AsyncIterator[int]:
        yield who.get()

    async with linked([there], [mark]) as world:
        assert await world.client.sum(numbers()) == 10
        assert [n async for n in world.client.doubled(numbers())] == [20]
        await world.client.open("a", 1)
        assert [call.headers["mark"] for call in there.calls] == ["sum", "doubled", "open"]


async def test_a_stream_that_skips_tells_how_many_through_interceptors() -> None:
    """`skipped` looks through them."""
    async with linked([Seen()], [Seen()]) as world:
        stream = world.client.ticks(3000)
        got = [number async for number in stream]
        assert got[-1] == 2999
        assert len(got) + skipped(stream) == 3000
