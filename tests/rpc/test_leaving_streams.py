"""A stream that its reader leaves stops on its host, whoever keeps the reader's remains (D18, D19).

No collector runs in these tests.
"""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import aclosing, suppress

import pytest

from fusionrt import Host, RemoteError, WireError
from fusionrt.transport.memory import MemoryNetwork
from fusionrt.values.codecs import codec
from tests.lab import Broken, LabClient, Pair, TinyLab, in_memory
from tests.waiting import until

MANY = 1_000_000


class IdleLab(TinyLab):
    """Its `blobs` has one item, and waits."""

    async def blobs(self, size: int) -> AsyncIterator[bytes]:
        try:
            yield bytes(size)
            await forever()
        finally:
            self.done.append("blobs")


@pytest.fixture
async def two() -> AsyncIterator[Pair]:
    """A served lab and a client of it, without a broker."""
    async with in_memory(IdleLab()) as made:
        yield made


@pytest.fixture(autouse=True)
def nothing_is_collected() -> Iterator[None]:
    """References alone decide."""
    gc.disable()
    yield
    gc.enable()


async def wrapped(items: AsyncIterator[int]) -> AsyncIterator[int]:
    """A generator around a stream, as users write them."""
    async for item in items:
        yield item


async def forever() -> None:
    """Never returns."""
    await asyncio.Event().wait()


async def reads_on(client: LabClient, waits: asyncio.Event) -> None:
    """Waits in `anext`, for no item comes."""
    stream = client.blobs(1)
    async for _ in stream:
        waits.set()


async def works(client: LabClient, waits: asyncio.Event) -> None:
    """Waits in the body of its loop, and has the stream in a variable."""
    stream = client.count(MANY)
    async for _ in stream:
        waits.set()
        await forever()


async def works_over_a_generator(client: LabClient, waits: asyncio.Event) -> None:
    """The same with a generator in between."""
    async for _ in wrapped(client.count(MANY)):
        waits.set()
        await forever()


async def works_over_generators(client: LabClient, waits: asyncio.Event) -> None:
    """The same with two."""
    async for _ in wrapped(wrapped(client.count(MANY))):
        waits.set()
        await forever()


async def reads_one(client: LabClient, waits: asyncio.Event) -> None:
    """No loop: one `anext` after another."""
    stream = client.count(MANY)
    while await anext(stream) < 3:
        pass
    waits.set()
    while True:
        await anext(stream)


async def reads_in_a_group(client: LabClient, waits: asyncio.Event) -> None:
    """A task of a group reads, and another one ends the group."""
    async with asyncio.TaskGroup() as group:
        group.create_task(works(client, waits))


async def reads_in_a_comprehension(client: LabClient, waits: asyncio.Event) -> None:
    """Where no statement is."""
    stream = client.count(MANY)

    def told(item: int) -> int:
        waits.set()
        return item

    print([told(item) async for item in stream])


async def gathers(client: LabClient, waits: asyncio.Event) -> None:
    """As a part of `gather`."""
    await asyncio.gather(works(client, waits), forever())


READERS = [
    reads_on,
    works,
    works_over_a_generator,
    works_over_generators,
    reads_one,
    reads_in_a_group,
    reads_in_a_comprehension,
    gathers,
]


def stopped(lab: TinyLab) -> Callable[[], bool]:
    """Whether the body of the stream has ended."""
    return lambda: lab.done in (["count"], ["blobs"])


@pytest.mark.parametrize("reader", READERS)
async def test_D19_a_reader_that_is_cancelled_leaves_no_stream_open(
    two: Pair, reader: Callable[[LabClient, asyncio.Event], Awaitable[None]]
) -> None:
    """Whether it waits for an item or works on one, though its task and its error are kept."""
    waits = asyncio.Event()
    task = asyncio.ensure_future(reader(two.client, waits))
    await waits.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError) as kept:
        await task
    await until(stopped(two.lab))
    assert task.cancelled() and kept.value is not None


@pytest.mark.parametrize("reader", READERS)
async def test_D19_a_reader_that_runs_out_of_time_leaves_no_stream_open(
    two: Pair, reader: Callable[[LabClient, asyncio.Event], Awaitable[None]]
) -> None:
    """By `asyncio.timeout`, though the error is kept."""
    waits = asyncio.Event()
    with pytest.raises(TimeoutError) as kept:
        async with asyncio.timeout(None) as limit:
            ending = asyncio.create_task(_run_out(limit, waits))
            await reader(two.client, waits)
    await ending
    await until(stopped(two.lab))
    assert kept.value is not None


async def _run_out(limit: asyncio.Timeout, waits: asyncio.Event) -> None:
    await waits.wait()
    limit.reschedule(asyncio.get_running_loop().time())


async def fails(client: LabClient) -> None:
    """Raises in its loop."""
    stream = client.count(MANY)
    async for _ in stream:
        raise ValueError("in the loop")


async def fails_over_a_generator(client: LabClient) -> None:
    """The same with a generator in between."""
    async for _ in wrapped(client.count(MANY)):
        raise ValueError("in the loop")


@pytest.mark.parametrize("reader", [fails, fails_over_a_generator])
async def test_D19_a_reader_that_fails_leaves_no_stream_open(
    two: Pair, reader: Callable[[LabClient], Awaitable[None]]
) -> None:
    """Though the error is kept, and with it the frame that has the stream in a variable."""
    with pytest.raises(ValueError) as kept:
        await reader(two.client)
    await until(stopped(two.lab))
    assert kept.value is not None


async def test_D19_a_loop_that_is_left_closes_its_stream(two: Pair) -> None:
    """After `break` the host stops, though the stream is still in a variable; who reads on is told,
    also of what had come and was not read.
    """
    stream = two.client.count(MANY)
    async for item in stream:
        if item == 3:
            break
    await until(stopped(two.lab))
    for _ in range(2):
        with pytest.raises(RemoteError, match="start it anew") as caught:
            await anext(stream)
        assert caught.value.code == "cancelled"


async def test_D18_no_item_is_lost_without_a_word(two: Pair) -> None:
    """A stream that has ended, of which items were not read, does not look as if it had been."""
    stream = two.client.count(10)
    assert await anext(stream) == 0
    await until(stopped(two.lab))
    await two.client.echo("its end has come")
    async for _ in stream:
        break
    with pytest.raises(RemoteError, match="start it anew"):
        await anext(stream)


async def test_D18_a_loop_can_be_continued_by_one_iterator(two: Pair) -> None:
    """`aiter` gives an iterator that is nobody's but its holder's."""
    items = aiter(two.client.count(10))
    async for item in items:
        if item == 3:
            break
    assert [item async for item in items] == [4, 5, 6, 7, 8, 9]
    assert [item async for item in items] == []


async def test_D18_what_was_read_before_a_loop_is_not_read_again(two: Pair) -> None:
    """`anext` and a loop read one stream."""
    stream = two.client.count(6)
    assert [await anext(stream), await anext(stream)] == [0, 1]
    assert [item async for item in stream] == [2, 3, 4, 5]
    with pytest.raises(StopAsyncIteration):
        await anext(stream)


async def test_D18_a_stream_that_ended_by_itself_stays_so(two: Pair) -> None:
    """Its end, or its error, is what every later read gets."""
    ended, failed = two.client.count(3), two.client.bad_stream("declared")
    assert [item async for item in ended] == [0, 1, 2]
    assert [item async for item in ended] == []
    for _ in range(2):
        with pytest.raises(Broken):
            async for _ in failed:
                pass


async def test_D19_a_read_that_is_cancelled_closes_the_stream(two: Pair) -> None:
    """As with an asynchronous generator: nobody knows whether it will be read again."""
    stream = two.client.blobs(1)
    assert await anext(stream) == bytes(1)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(anext(stream), 0.05)
    await until(stopped(two.lab))
    with pytest.raises(RemoteError, match="start it anew"):
        await anext(stream)


async def test_D19_closing_is_the_readers_own_end(two: Pair) -> None:
    """After `aclose`, by whatever name, a stream has ended."""
    streams = [two.client.count(MANY), two.client.count(MANY)]
    async with aclosing(streams[0]) as stream:  # type: ignore[type-var]
        assert await anext(stream) == 0
    async with aclosing(aiter(streams[1])) as items:  # type: ignore[type-var]
        assert await anext(items) == 0
    await until(lambda: two.lab.done == ["count", "count"])
    for stream in streams:
        with pytest.raises(StopAsyncIteration):
            await anext(stream)


async def test_D29_an_item_that_does_not_decode_closes_the_stream(two: Pair) -> None:
    """What follows an item that was not understood is not handed out."""
    stream = two.client._fusion.stream("blobs", (1,))
    stream._codec = codec(int)  # type: ignore[attr-defined]
    with pytest.raises(WireError) as kept:
        async for _ in stream:
            pass
    await until(stopped(two.lab))
    assert kept.value is not None


async def test_D19_a_stream_that_a_stream_relays_stops_with_it(two: Pair) -> None:
    """Over two hosts: the reader leaves, the one between leaves its own source."""

    class Relay(TinyLab):
        def count(self, upto: int) -> AsyncIterator[int]:
            return two.client.count(upto)

    network = MemoryNetwork(1)
    async with (
        Host(transport=network.connect("relay")) as relay,
        Host(transport=network.connect("reader")) as reader,
    ):
        await relay.serve(Relay())
        stream = reader.client(LabClient).count(MANY)
        async for item in stream:
            if item == 100:
                break
        await until(stopped(two.lab))


async def test_D19_a_stream_that_nobody_began_to_read_stops_when_it_is_dropped(two: Pair) -> None:
    """Neither a loop nor a read is needed for it to end."""
    stream = two.client.count(MANY)
    items = aiter(stream)
    await until(lambda: two.lab.produced)
    del stream
    with suppress(NameError):
        del items
    await until(stopped(two.lab))
