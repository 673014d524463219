"""What a caller sends with a call: the same in process, in memory and over a broker."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from fusionrt import ArgumentError, RemoteError, WireError
from tests.streams.contracts import Refused, Row
from tests.streams.world import Source, World
from tests.waiting import until


@pytest.mark.parametrize("count", [0, 1, 5_000])
async def test_D18_a_plain_method_reads_each_item_once_and_in_order(
    world: World, count: int
) -> None:
    """However many they are; and the iterator is closed."""
    source = Source(count)
    assert await world.flows.sum(source.numbers()) == sum(range(count))
    assert world.service.seen == count
    await until(lambda: source.closed)


async def test_D18_any_async_iterable_can_be_sent(world: World) -> None:
    """A class of the caller's own, too."""

    class Numbers:
        def __aiter__(self) -> AsyncIterator[int]:
            return Source(4).numbers()

    assert await world.flows.sum(Numbers()) == 6


@pytest.mark.parametrize("wrong", [None, 5, [1, 2], "12"])
async def test_what_is_no_asynchronous_iterator_is_refused(remote: World, wrong: Any) -> None:
    """Before anything is sent, whatever kind the method is of."""
    flows = remote.flows
    for call in (flows.sum(wrong), flows.load("a", wrong)):
        with pytest.raises(ArgumentError, match="expected an asynchronous iterator"):
            await call
    with pytest.raises(ArgumentError, match="expected an asynchronous iterator"):
        await anext(aiter(flows.doubled(wrong)))
    assert remote.service.loads == []


async def test_D15_a_command_reads_rows_and_its_caller_reads_what_it_wrote(world: World) -> None:
    """Its result comes after what it invalidated."""
    assert await world.flows.total() == 0
    assert await world.flows.load("a", Source(10).rows()) == 45
    assert await world.flows.total() == 45
    assert world.service.loads == ["a"]


async def test_D18_both_directions_at_once(world: World) -> None:
    """Each result is there before the next item is made."""
    source = Source()
    got = []
    async for number in world.flows.doubled(source.numbers()):
        got.append(number)
        if len(got) == 3:
            break
    assert got == [0, 2, 4]
    await until(lambda: source.closed)


async def test_D18_both_directions_of_many_items(world: World) -> None:
    """More than any window holds."""
    got = [number async for number in world.flows.doubled(Source(9_000).numbers())]
    assert got == [2 * number for number in range(9_000)]


async def test_D19_a_body_that_reads_no_more_closes_the_iterator_at_once(world: World) -> None:
    """Though it runs on."""
    source = Source()
    call = asyncio.ensure_future(world.flows.take(3, numbers=source.numbers()))
    await until(lambda: source.given >= 3)
    if world.serving is not None:
        await until(lambda: source.closed)
    assert not call.done()
    world.service.gate.set()
    assert await call == [0, 1, 2]
    await until(lambda: source.closed)


async def test_D19_an_iterator_that_no_body_reads_is_never_started(world: World) -> None:
    """Whoever refuses a call, or does not look, takes nothing from its caller."""
    source = Source()
    world.service.gate.set()
    assert await world.flows.ignore(source.numbers()) == "ignored"
    assert source.given == 0


async def test_D19_a_caller_that_leaves_ends_the_body_and_the_iterator(world: World) -> None:
    """Both are cancelled, or closed."""
    source = Source(3, waits=asyncio.Event())
    call = asyncio.ensure_future(world.flows.sum(source.numbers()))
    await until(lambda: world.service.seen == 3)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    await until(lambda: source.closed and world.service.caught)
    assert isinstance(world.service.caught[0], asyncio.CancelledError)


async def test_D19_a_reader_that_leaves_ends_what_it_sends(world: World) -> None:
    """A stream both ways: its reader's break closes its sender's iterator."""
    source = Source(3, waits=asyncio.Event())
    async for number in world.flows.doubled(source.numbers()):
        if number == 4:
            break
    await until(lambda: source.closed)


async def test_an_error_of_the_iterator_is_its_callers_own_again(world: World) -> None:
    """The body that lets it through is not to blame: the caller sees what it raised itself."""
    error = ValueError("mine")
    source = Source(3, fails=error)
    with pytest.raises(ValueError, match="mine") as caught:
        await world.flows.sum(source.numbers())
    assert caught.value is error
    assert world.service.seen == 3
    (seen,) = world.service.caught
    if world.serving is not None:
        assert isinstance(seen, RemoteError)
        assert "mine" not in str(seen)
        assert seen.code == "internal"


async def test_a_declared_error_of_the_iterator_reaches_the_body_as_itself(world: World) -> None:
    """By its name; and the caller again."""
    with pytest.raises(Refused, match="rows"):
        await world.flows.sum(Source(3, fails=Refused("rows")).numbers())
    (seen,) = world.service.caught
    assert isinstance(seen, Refused)


async def test_an_error_of_the_iterator_ends_a_stream_both_ways(world: World) -> None:
    """After what came before it."""
    error = ValueError("mine")
    stream = world.flows.doubled(Source(3, fails=error).numbers())
    assert [await anext(stream) for _ in range(3)] == [0, 2, 4]
    with pytest.raises(ValueError, match="mine"):
        await anext(stream)


async def test_a_declared_error_of_the_body_reaches_the_caller(world: World) -> None:
    """As from any other method; what the command wrote is applied all the same (O20)."""
    assert await world.flows.total() == 0
    source = Source(3)
    with pytest.raises(Refused):
        await world.flows.load("refused", source.rows())
    assert await world.flows.total() == 3
    await until(lambda: source.closed)


async def test_D29_a_bad_item_is_refused_and_named(remote: World) -> None:
    """The body gets those before it, the caller is told which argument is wrong."""

    async def numbers() -> AsyncIterator[int]:
        yield 1
        yield 2
        yield "three"  # type: ignore[misc]
        yield 4

    with pytest.raises(ArgumentError, match="numbers"):
        await remote.flows.sum(numbers())
    assert remote.service.seen == 2
    (seen,) = remote.service.caught
    assert isinstance(seen, WireError)
    assert await remote.flows.sum(Source(3).numbers()) == 3


async def test_D29_an_item_that_cannot_travel_is_its_callers_error(remote: World) -> None:
    """It is found where it is made, and ends this call alone."""

    async def rows() -> AsyncIterator[Row]:
        yield Row(1)
        yield object()  # type: ignore[misc]

    with pytest.raises((TypeError, ValueError, AttributeError)):
        await remote.flows.load("bad", rows())
    assert await remote.flows.sum(Source(3).numbers()) == 3


async def test_D21_an_item_that_no_message_carries_ends_the_call(remote: World) -> None:
    """With a reason."""

    async def blobs() -> AsyncIterator[bytes]:
        yield b"x" * 10
        yield b"x" * 3_000_000

    with pytest.raises(RemoteError, match="yield smaller ones"):
        await remote.flows.blobs(blobs())


async def test_the_iterator_runs_in_its_callers_context(world: World) -> None:
    """As if the caller iterated itself."""
    from contextvars import ContextVar

    variable: ContextVar[int] = ContextVar("variable", default=0)

    async def numbers() -> AsyncIterator[int]:
        yield variable.get()

    variable.set(5)
    assert await world.flows.sum(numbers()) == 5


async def test_nothing_is_left_when_all_is_over(remote: World) -> None:
    """No stream, no registration, no task."""
    for _ in range(20):
        await remote.flows.sum(Source(10).numbers())
        await remote.flows.load("a", Source(10).rows())
        [_ async for _ in remote.flows.doubled(Source(10).numbers())]
    await until(lambda: remote.streams_on_host() == 0)
    host = remote.serving
    assert host is not None
    await until(lambda: host.statistics().services["flows"].sessions[0].running == 0)
    (session,) = host.statistics().services["flows"].sessions
    assert session.blocked == 0
    names = {task.get_name() for task in asyncio.all_tasks()}
    assert "fusion upload" not in names
