"""Streams from one process to another."""

from __future__ import annotations

import gc
from collections.abc import AsyncGenerator

import pytest

from fusionrt import RemoteError, RemoteUnavailable
from tests.natsserver import NatsServer
from tests.waiting import until

from .lab import Broken, Pair, pair

WINDOW = 64


async def test_D18_every_item_comes_once_and_in_order(two: Pair) -> None:
    """Far more items than the window holds arrive, each once, then the stream ends."""
    assert [item async for item in two.client.count(1000)] == list(range(1000))


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
        async for item in two.client.count(3000):
            taken.append(item)
            if item in (500, 1500):
                nats_process.restart()
        assert taken == list(range(3000))
