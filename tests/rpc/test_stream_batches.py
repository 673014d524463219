"""Items travel, wait and are credited together; nothing of that can be seen but the speed (D18)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest

from fusionrt import Host, RemoteError, WireError
from fusionrt.rpc import sending
from fusionrt.rpc.client import peer
from fusionrt.rpc.host import responder
from fusionrt.transport.memory import MemoryNetwork
from fusionrt.wire.limits import Limits
from tests.lab import LabClient, Pair, TinyLab, in_memory
from tests.waiting import until

MANY = 1_000_000


@dataclass(eq=False)
class BurstLab(TinyLab):
    """Its `count` yields so many items at once, waits, and has one more; `blobs` counts its own.

    items: what `count` yields instead, with none after the wait.
    """

    items: tuple[Any, ...] = ()

    async def count(self, upto: int) -> AsyncIterator[int]:
        try:
            for item in self.items or range(upto):
                self.produced += 1
                yield item
            await self.gate.wait()
            if not self.items:
                yield -1
        finally:
            self.done.append("count")

    async def blobs(self, size: int) -> AsyncIterator[bytes]:
        try:
            while True:
                self.produced += 1
                yield bytes(size)
        finally:
            self.done.append("blobs")


@pytest.fixture
async def burst() -> AsyncIterator[Pair]:
    """With bursts."""
    async with in_memory(BurstLab()) as made:
        yield made


@pytest.fixture
async def eager() -> AsyncIterator[Pair]:
    """With bodies that never wait."""
    async with in_memory(TinyLab()) as made:
        yield made


def small_windows(monkeypatch: pytest.MonkeyPatch, **limits: int) -> None:
    """Both ends have other limits."""
    for module in (responder, peer):
        monkeypatch.setattr(module, "Limits", lambda **given: replace(Limits(**given), **limits))


def sent(pair: Pair) -> int:
    """Messages that the serving host sent to its only client."""
    return pair.on_host().session.sent


@pytest.mark.parametrize("count", [1, 2, 60])
async def test_D18_a_burst_is_here_at_once(burst: Pair, count: int) -> None:
    """What a body yields before it waits is not held back, and is one message, however much it is;
    what it yields later is another.
    """
    await burst.client.echo("there is a session")
    before = sent(burst)
    items = aiter(burst.client.count(count))
    assert [await anext(items) for _ in range(count)] == list(range(count))
    assert sent(burst) - before == 1
    burst.lab.gate.set()
    assert [item async for item in items] == [-1]


async def test_D18_a_slow_reader_of_large_items_bounds_the_sender(burst: Pair) -> None:
    """By their bytes: the window of items would let through four gigabytes."""
    size = 100_000
    stream = burst.client.blobs(size)
    assert len(await anext(stream)) == size
    await until(lambda: burst.on_host().blocked)
    assert burst.lab.produced * size <= Limits().window_bytes + 2 * size
    for _ in range(50):
        assert len(await anext(stream)) == size
    await until(lambda: burst.on_host().blocked)
    assert burst.lab.produced * size <= 50 * size + Limits().window_bytes + 2 * size


async def test_D18_items_larger_than_the_window_come_one_by_one(
    burst: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each when the one before it was consumed."""
    small_windows(monkeypatch, window_bytes=1000)
    network = MemoryNetwork(1)
    async with (
        Host(transport=network.connect("s")) as serving,
        Host(transport=network.connect("c")) as calling,
    ):
        lab = BurstLab()
        await serving.serve(lab)
        count = 0
        async for item in calling.client(LabClient).blobs(50_000):
            assert len(item) == 50_000
            assert lab.produced <= count + 3
            count += 1
            if count == 20:
                break


@pytest.mark.parametrize("bad", ["no number", None, [1], {"a": 1}])
@pytest.mark.parametrize("at", [0, 1, 30, 59])
async def test_D29_a_bad_item_in_a_frame_costs_none_before_it(
    burst: Pair, at: int, bad: object
) -> None:
    """The items before it arrive, then the error, then nothing: the body on the host is closed."""
    lab = burst.lab
    assert isinstance(lab, BurstLab)
    lab.items = (*range(at), bad, *range(at + 1, 60))
    stream = burst.client.count(60)
    for number in range(at):
        assert await anext(stream) == number
    with pytest.raises(WireError):
        await anext(stream)
    with pytest.raises(RemoteError, match="start it anew"):
        await anext(stream)
    await until(lambda: lab.done == ["count"])


@pytest.mark.parametrize("ended", [False, True])
async def test_D29_a_stream_with_a_bad_item_can_be_left_before_it(burst: Pair, ended: bool) -> None:
    """Whoever reads on is told that he left it, not what he did not read; nor that it has ended."""
    lab = burst.lab
    assert isinstance(lab, BurstLab)
    lab.items = (0, 1, "no number")
    stream = burst.client.count(3)
    assert await anext(stream) == 0
    if ended:
        lab.gate.set()
        await until(lambda: burst.on_client().calls == 0)
    async for item in stream:
        assert item == 1
        break
    with pytest.raises(RemoteError, match="start it anew"):
        await anext(stream)
    await until(lambda: lab.done == ["count"])


@pytest.mark.parametrize("read", [1, 63, 64, 65, 700])
async def test_D19_a_loop_that_is_left_in_the_middle_of_a_frame_closes_its_stream(
    eager: Pair, read: int
) -> None:
    """What had come with the last item that was read is forgotten."""
    stream = eager.client.count(MANY)
    async for item in stream:
        if item == read:
            break
    await until(lambda: eager.lab.done == ["count"])
    with pytest.raises(RemoteError, match="start it anew"):
        await anext(stream)
    assert eager.on_client().calls == 0


async def test_D18_two_readers_share_the_items_of_a_frame(burst: Pair) -> None:
    """Both wait; of two items that come together each gets one."""
    lab = burst.lab
    assert isinstance(lab, BurstLab)
    stream = burst.client.count(2)
    readers = [asyncio.ensure_future(anext(stream)) for _ in range(3)]
    assert await asyncio.gather(*readers[:2]) == [0, 1]
    lab.gate.set()
    assert await readers[2] == -1


async def most_in_a_turn(lab: TinyLab, until: Callable[[], bool]) -> list[int]:
    """How many items the body made in each turn of the loop."""
    made, before = [], lab.produced
    while not until():
        await asyncio.sleep(0)
        made.append(lab.produced - before)
        before = lab.produced
    return made


async def test_D18_a_body_that_never_waits_gives_way_to_others(eager: Pair) -> None:
    """After each batch; and it stops where its credit ends."""
    stream = eager.client.count(MANY)
    assert await anext(stream) == 0
    made = await most_in_a_turn(eager.lab, lambda: bool(eager.on_host().blocked))
    assert max(made) <= Limits().items + 1
    assert Limits().window <= eager.lab.produced <= Limits().window + 1


async def test_D18_a_body_that_takes_long_for_an_item_gives_way_sooner(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Where a batch takes longer than others may wait the next is smaller, down to one item."""
    lab = TinyLab()
    monkeypatch.setattr(sending, "clock", lambda: lambda: lab.produced * 0.01)
    async with in_memory(lab) as eager:
        stream = eager.client.count(MANY)
        assert await anext(stream) == 0
        made = await most_in_a_turn(lab, lambda: lab.produced > 500)
        assert max(made) <= 65
        assert set(made[-10:]) <= {0, 1}


async def test_D18_what_a_slow_reader_takes_is_no_time_of_the_body(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A body that waited for its reader goes on with full frames."""
    small_windows(monkeypatch, window=256)
    async with in_memory(TinyLab()) as eager:
        await eager.client.echo("there is a session")
        before, count = sent(eager), 64 * 80
        async for item in eager.client.count(count):
            if item % 64 == 0:
                await asyncio.sleep(0.005)
        assert sent(eager) - before < 100


@pytest.mark.parametrize(("seconds", "least", "most"), [(0.0, 40, 60), (0.01, 1, 2)])
async def test_D18_large_items_are_many_frames_of_one_turn(
    monkeypatch: pytest.MonkeyPatch, seconds: float, least: int, most: int
) -> None:
    """As far as there is credit, and as long as others may wait, by what an item takes."""
    lab = BurstLab()
    monkeypatch.setattr(sending, "clock", lambda: lambda: lab.produced * seconds)
    async with in_memory(lab) as burst:
        await burst.client.echo("there is a session")
        stream = burst.client.blobs(20_000)

        def is_blocked(burst: Pair = burst) -> bool:
            return burst.on_host().blocked > 0

        made = await most_in_a_turn(lab, is_blocked)
        assert least <= max(made) <= most
        assert await anext(aiter(stream)) == bytes(20_000)


async def test_D27_calls_run_beside_streams_that_never_wait(eager: Pair) -> None:
    """Whoever reads them does not wait for anything either."""

    async def read() -> int:
        return len([item async for item in eager.client.count(MANY)])

    reading = [asyncio.create_task(read()) for _ in range(2)]
    await until(lambda: eager.lab.produced > 10_000)
    for number in range(20):
        assert await eager.client.echo(str(number)) == str(number)
    assert not any(task.done() for task in reading)
    for task in reading:
        task.cancel()
    await asyncio.wait(reading)
    await until(lambda: eager.lab.done == ["count", "count"])
