"""Bodies share tasks, and none of them notices: what ends one ends no other (D19, D29)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from fusionrt import CallTimeout, RemoteError
from fusionrt.rpc import Failed
from fusionrt.rpc.host import pool
from tests.lab import Broken, peer_of
from tests.virtual import virtual
from tests.waiting import until

from .pool_world import MANY, PoolWorld, busy, pool_world, texts


@pytest.fixture
async def world() -> AsyncIterator[PoolWorld]:
    """Without a broker; nothing is left at the end."""
    async with pool_world() as made:
        yield made


@pytest.mark.parametrize("place", [0, 30, 63])
async def test_D19_a_cancellation_ends_its_call_only(world: PoolWorld, place: int) -> None:
    """Of a frame of calls that all wait; and of one that waits among those that do not."""
    gate = asyncio.Event()
    ended: list[str] = []

    async def wait() -> str:
        text = world.lab.began[-1]
        try:
            await gate.wait()
        finally:
            ended.append(text)
        return text

    for waiting in (texts(), texts()[place : place + 1]):
        gate.clear()
        ended.clear()
        world.lab.began.clear()
        world.lab.ways = dict.fromkeys(waiting, wait)
        calls = [asyncio.ensure_future(world.client.echo(text)) for text in texts()]
        await until(lambda: len(world.lab.began) == MANY and world.running() == len(waiting))  # noqa: B023
        calls[place].cancel()
        await until(lambda: world.running() == len(waiting) - 1)  # noqa: B023
        assert ended == [f"text {place}"]
        gate.set()
        outcomes = await asyncio.gather(*calls, return_exceptions=True)
        assert isinstance(outcomes.pop(place), asyncio.CancelledError)
        assert outcomes == [text for text in texts() if text != f"text {place}"]


async def test_D19_what_is_cancelled_before_its_turn_never_runs(world: PoolWorld) -> None:
    """A body that blocks holds up the others of its frame; one of them is given up meanwhile."""
    calls = {text: asyncio.ensure_future(world.client.echo(text)) for text in texts()}

    async def block() -> str:
        busy(pool.SLICE * 2)
        calls["text 40"].cancel()
        await asyncio.sleep(0)
        return "blocked"

    world.lab.ways = dict.fromkeys(texts()[:40], block)
    await asyncio.wait(calls.values())
    assert calls["text 40"].cancelled()
    assert "text 40" not in world.lab.began
    assert calls["text 41"].result() == "text 41"


async def wait_once() -> str:
    """A body that waits."""
    await asyncio.sleep(0)
    return "waited"


@pytest.mark.parametrize("spared", [0, 1, 5])
async def test_D29_a_task_that_is_cancelled_before_it_begins_costs_its_call_only(
    world: PoolWorld, spared: int
) -> None:
    """No line of it ran, so that none can tell: its caller is told all the same."""
    world.lab.ways = dict.fromkeys(texts(), wait_once)
    assert await world.calls(*texts()) == ["waited"] * MANY
    loop, seen = asyncio.get_running_loop(), list[asyncio.Task[object]]()

    def cancel_at_sight() -> None:
        tasks = {task for task in asyncio.all_tasks() if task.get_name() == "fusion call"}
        seen.extend(tasks.difference(seen))
        for task in sorted(tasks, key=seen.index)[spared:]:
            task.cancel()
        if len(seen) < MANY:
            loop.call_soon(cancel_at_sight)

    world.lab.began.clear()
    cancel_at_sight()
    outcomes = await world.calls(*texts())
    cancelled = [each for each in outcomes if isinstance(each, RemoteError)]
    assert {each.code for each in cancelled} == {"cancelled"}
    assert outcomes.count("waited") == len(world.lab.began) == MANY - len(cancelled)
    assert len(cancelled) >= MANY // 2
    assert not world.running()


async def test_D22_a_body_that_just_ended_is_not_seen_to_run(world: PoolWorld) -> None:
    """Though what many came to in a turn is told when all of them did: whoever looks, sees it."""
    seen: list[int] = []

    async def end() -> str:
        text = world.lab.began[-1]
        await asyncio.sleep(0)
        if text == texts()[-1]:
            seen.append(world.running())
        return text

    world.lab.ways = dict.fromkeys(texts(), end)
    for _ in range(5):
        world.lab.began.clear()
        assert await world.calls(*texts()) == texts()
    assert seen == [1] * 5


async def cancel_itself() -> str:
    """A body that asks for the end of its own task, and returns before that comes."""
    task = asyncio.current_task()
    assert task is not None
    task.cancel()
    return "returned"


async def cancel_itself_and_wait() -> str:
    """The same, waiting for it."""
    await cancel_itself()
    await asyncio.sleep(0)
    raise AssertionError


async def be_cancelled() -> str:
    """A body that is cancelled by what it awaits."""
    future = asyncio.get_running_loop().create_future()
    future.cancel()
    await future
    raise AssertionError


async def raise_cancelled() -> str:
    """A body that raises a cancellation of its own."""
    raise asyncio.CancelledError


async def only_these_are_cancelled(world: PoolWorld, how: Callable[[], Awaitable[str]]) -> None:
    """Every seventh body ends so, and its caller is told; the others get their results."""
    world.lab.ways = dict.fromkeys(texts()[::7], how)
    outcomes = await world.calls(*texts())
    for text, outcome in zip(texts(), outcomes, strict=True):
        if text in world.lab.ways:
            assert isinstance(outcome, RemoteError) and outcome.code == "cancelled"
        else:
            assert outcome == text


@pytest.mark.parametrize("how", [cancel_itself_and_wait, be_cancelled, raise_cancelled])
async def test_D29_a_body_that_is_cancelled_costs_its_call_only(
    world: PoolWorld, how: Callable[[], Awaitable[str]]
) -> None:
    """By itself or by what it awaits; its caller is told."""
    await only_these_are_cancelled(world, how)


async def test_D29_a_body_that_cancels_its_task_and_returns_has_returned(world: PoolWorld) -> None:
    """The cancellation reaches no other body."""
    world.lab.ways = dict.fromkeys(texts()[::7], cancel_itself)
    outcomes = await world.calls(*texts())
    expected = ["returned" if text in world.lab.ways else text for text in texts()]
    assert outcomes == expected


async def test_what_asyncio_offers_works_in_bodies_of_one_frame(world: PoolWorld) -> None:
    """Timeouts, groups, shields, waiting for others; one after the other and all together."""

    async def late() -> str:
        try:
            async with asyncio.timeout(0.01):
                await asyncio.Event().wait()
        except TimeoutError:
            return "late"
        raise AssertionError

    async def in_time() -> str:
        async with asyncio.timeout(5.0):
            return await in_time_itself()

    async def in_time_itself() -> str:
        return "in time"

    async def group() -> str:
        async with asyncio.TaskGroup() as tasks:
            two = [tasks.create_task(asyncio.sleep(0, number)) for number in range(2)]
        return f"group of {sum(task.result() for task in two)}"

    async def empty_group() -> str:
        async with asyncio.TaskGroup():
            return "empty"

    async def broken_group() -> str:
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(fail())
                await asyncio.Event().wait()
        except ExceptionGroup:
            return "broken"
        raise AssertionError

    async def fail() -> None:
        raise Broken("pump", count=1)

    async def limited() -> str:
        return await asyncio.wait_for(asyncio.sleep(0, "limited"), 5.0)

    ways = [late, in_time, group, empty_group, broken_group, limited]
    told = ["late", "in time", "group of 1", "empty", "broken", "limited"]
    for _ in range(3):
        world.lab.ways = {text: ways[n % len(ways)] for n, text in enumerate(texts(60))}
        assert await world.calls(*texts(60)) == told * 10


async def test_D29_an_exception_group_costs_its_call_only(world: PoolWorld) -> None:
    """What a group of tasks raises is an error as any other; its task takes no other call."""

    async def fail() -> str:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(be_broken())
        raise AssertionError

    async def fail_at_once() -> str:
        raise ExceptionGroup("two", [Broken("pump", count=1), ValueError()])

    async def be_broken() -> None:
        raise Broken("pump", count=1)

    world.lab.ways = dict.fromkeys(texts()[::9], fail) | dict.fromkeys(texts()[1::9], fail_at_once)
    outcomes = await world.calls(*texts())
    for text, outcome in zip(texts(), outcomes, strict=True):
        if text in world.lab.ways:
            assert isinstance(outcome, RemoteError) and outcome.code == "internal"
        else:
            assert outcome == text


class Rude(BaseException):
    """No `Exception`."""


@pytest.mark.parametrize("waits", [False, True])
async def test_D29_a_body_that_raises_no_exception_costs_its_call_only(
    world: PoolWorld, waits: bool
) -> None:
    """Its caller is told that there is no answer; the others of its frame get theirs."""

    async def be_rude() -> str:
        if waits:
            await asyncio.sleep(0)
        raise Rude

    await only_these_are_cancelled(world, be_rude)


@pytest.mark.parametrize("place", [0, 31, 63])
async def test_D29_one_bad_argument_costs_its_call_only(world: PoolWorld, place: int) -> None:
    """Of 64 in one frame, whatever it is that one call brings."""
    good = b"\x91\xa1x"
    for bad in (b"", b"\x91\x07", good + good, b"\x92\xa1x", b"\xc1"):
        data = [good] * MANY
        data[place] = bad
        outcomes = await world.raw(*data)
        failed = outcomes.pop(place)
        assert isinstance(failed, Failed) and failed.failure.code == "bad_arguments"
        assert not any(isinstance(outcome, Failed) for outcome in outcomes)


async def test_D29_bytes_of_one_call_never_become_arguments_of_another(world: PoolWorld) -> None:
    """One brings two values and another none: those between keep their own."""
    outcomes = await world.raw(b"\x91\xa1a\x91\xa1b", b"\x91\xa1c", b"\x91\xa1d", b"")
    assert [isinstance(outcome, Failed) for outcome in outcomes] == [True, False, False, True]
    assert world.lab.began == ["c", "d"]


@virtual
async def test_D13_a_deadline_ends_only_bodies_that_wait() -> None:
    """Those of its frame that did not wait were answered; those that do are stopped in time."""
    async with pool_world() as world:
        ended: list[str] = []

        async def wait() -> str:
            try:
                await asyncio.Event().wait()
            finally:
                ended.append("ended")
            raise AssertionError

        world.lab.ways = dict.fromkeys(texts()[::4], wait)
        client = world.client.with_options(timeout=0.3)
        outcomes = await asyncio.gather(*map(client.echo, texts()), return_exceptions=True)
        for text, outcome in zip(texts(), outcomes, strict=True):
            assert isinstance(outcome, CallTimeout) if text in world.lab.ways else outcome == text
        await until(lambda: len(ended) == MANY / 4)


async def test_D17_a_session_that_ends_stops_what_runs_and_runs_nothing_more(
    world: PoolWorld,
) -> None:
    """Bodies that wait are cancelled; those of the frame that did not begin never do."""
    cancelled: list[str] = []

    async def wait() -> str:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.append("cancelled")
            raise
        raise AssertionError

    async def block() -> str:
        if not cancelled:
            peer_of(world.client).close()
        busy(pool.SLICE)
        return "blocked"

    world.lab.ways = {"text 0": wait} | dict.fromkeys(texts()[1:], block)
    calls = asyncio.ensure_future(world.calls(*texts()))
    await until(lambda: cancelled)
    await asyncio.wait([calls])
    await until(lambda: not world.left())
    assert len(world.lab.began) < MANY
