"""Streams from one process to another."""

from __future__ import annotations

import asyncio
import gc
import sys
import threading
import warnings
from collections.abc import AsyncGenerator
from typing import Any

import pytest

from fusionrt import Host, RemoteError, RemoteUnavailable
from fusionrt.rpc.client.session import Session
from fusionrt.wire.limits import Limits
from tests.lab import Broken, LabClient, Pair, TinyLab, pair
from tests.natsserver import NatsServer
from tests.waiting import until

WINDOW = Limits().window


async def test_D18_every_item_comes_once_and_in_order(two: Pair) -> None:
    """Far more items than the window holds arrive, each once, then the stream ends."""
    assert [item async for item in two.client.count(10 * WINDOW)] == list(range(10 * WINDOW))


async def test_D18_a_slow_reader_bounds_the_sender(two: Pair) -> None:
    """The host makes no more items than the window while nobody takes any."""
    stream = two.client.count(1_000_000)
    assert await anext(stream) == 0
    await two.client.echo("what could be sent was sent")
    await until(lambda: two.lab.produced >= WINDOW)
    assert two.lab.produced <= WINDOW + 2


@pytest.mark.parametrize("end", ["close", "drop", "throw"])
async def test_D19_a_stream_that_nobody_reads_stops(two: Pair, end: str) -> None:
    """A stream is an asynchronous generator: closing it, throwing into it, or dropping it ends its
    body on the host."""
    stream = two.client.count(1_000_000)
    assert await anext(stream) == 0
    assert isinstance(stream, AsyncGenerator)
    if end == "throw":
        with pytest.raises(KeyError, match="enough"):
            await stream.athrow(KeyError("enough"))
    elif end == "close":
        assert await stream.asend(None) == 1
        await stream.aclose()
        with pytest.raises(StopAsyncIteration):
            await anext(stream)
    del stream
    gc.collect()
    await until(lambda: two.lab.done == ["count"])


def _entered_from(monkeypatch: pytest.MonkeyPatch, method: str) -> set[int]:
    """The threads that call a method of sessions from here on."""
    threads: set[int] = set()
    original = getattr(Session, method)

    def noted(session: Session, what: Any) -> None:
        threads.add(threading.get_ident())
        original(session, what)

    monkeypatch.setattr(Session, method, noted)
    return threads


@pytest.mark.parametrize("how", ["by its last reference", "by the collector"])
async def test_G39_a_stream_dropped_in_another_thread_ends_in_the_loop(
    two: Pair, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its session is entered from its own thread only."""
    threads = _entered_from(monkeypatch, "cancel")
    streams: list[Any] = [two.client.count(1_000_000)]
    assert await anext(streams[0]) == 0
    gc.disable()
    try:
        if how == "by the collector":
            streams.append(streams)  # a cycle
            streams = []
            await asyncio.to_thread(gc.collect)
        else:
            await asyncio.to_thread(streams.clear)
    finally:
        gc.enable()
    await until(lambda: two.lab.done == ["count"])
    assert threads == {threading.get_ident()}


async def test_G39_a_replica_dropped_in_another_thread_is_unsubscribed_in_the_loop(
    two: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By whoever held it longest, after it was let go here."""
    threads = _entered_from(monkeypatch, "release")
    held: list[Any] = [await two.client.computed.get("a")]
    two.calling.graph.prune()
    assert two.on_client().held == 1
    await asyncio.to_thread(held.clear)
    await until(lambda: not two.on_client().held)
    assert threads == {threading.get_ident()}


async def test_G39_what_is_dropped_after_its_loop_was_closed_does_nothing(nats_server: str) -> None:
    """Streams and replicas of a loop that ended without a word."""
    kept: list[Any] = []

    async def use() -> None:
        host = await Host(nats_server).__aenter__()
        await host.serve(TinyLab({"a": 1}))
        client = host.client(LabClient)
        stream = client.count(1_000_000)
        await anext(stream)
        kept.extend((stream, await client.computed.get("a"), client))

    def in_a_loop_of_its_own() -> None:
        loop = asyncio.new_event_loop()
        loop.run_until_complete(use())
        loop.close()

    problems: list[Any] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "unraisablehook", problems.append)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of transports and tasks that were left behind
            await asyncio.to_thread(in_a_loop_of_its_own)
            kept.clear()
    assert problems == []


async def test_a_stream_that_raises_ends_with_its_error(two: Pair) -> None:
    """A declared exception arrives as itself, after the items before it."""
    stream = two.client.bad_stream("declared")
    assert await anext(stream) == 1
    for _ in range(2):
        with pytest.raises(Broken, match="pump"):
            await anext(stream)


@pytest.mark.parametrize(
    ("how", "code"),
    [("at once", "internal"), ("secret", "internal"), ("cancelled", "cancelled")],
)
async def test_D21_a_stream_that_fails_in_any_way_ends(two: Pair, how: str, code: str) -> None:
    """A body that raises before its first item, or is cancelled, leaves no reader waiting."""
    stream = two.client.bad_stream(how)
    with pytest.raises(RemoteError) as caught:
        while True:
            await anext(stream)
    assert caught.value.code == code
    assert "12345" not in str(caught.value)


async def test_D18_an_item_that_is_too_large_ends_the_stream_and_its_body(two: Pair) -> None:
    """An item that fits into no message ends the stream on both ends."""
    with pytest.raises(RemoteError, match="smaller ones") as caught:
        async for _ in two.client.blobs(2_000_000):
            pass
    assert caught.value.code == "too_large"
    await until(lambda: two.lab.done == ["blobs"])


async def test_D18_a_stream_ends_with_a_clear_error_when_its_host_shuts_down(two: Pair) -> None:
    """What has come can still be read; then the reader learns that the host went."""
    stream = two.client.count(1_000_000)
    assert await anext(stream) == 0
    await two.serving.__aexit__(None, None, None)
    with pytest.raises(RemoteUnavailable, match="shuts down; start the stream anew"):
        async for _ in stream:
            pass
    assert two.lab.done == ["count"]
    await two.serving.__aenter__()


async def test_D18_a_stream_goes_on_after_the_broker_was_restarted(
    nats_process: NatsServer,
) -> None:
    """A reconnection to the same instance loses no item and repeats none."""
    async with pair(nats_process.url) as two:
        taken = []
        async for item in two.client.count(30_000):
            taken.append(item)
            if item in (500, 15_000):
                nats_process.restart()
        assert taken == list(range(30_000))
