"""Many calls of one moment: one message, decoded at once, one timer; each is still itself."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest

from fusionrt import CallTimeout, Host, Overloaded, WireError
from fusionrt.primitives import now
from fusionrt.remote.way import Way
from fusionrt.rpc.client.awaited import Awaited
from fusionrt.rpc.deadlines import TURNS, Alarm
from fusionrt.testing import run
from fusionrt.transport.memory import Faults, MemoryNetwork
from fusionrt.wire.frames import Kind
from tests.lab import LabClient, Pair, TinyLab
from tests.waiting import until

MANY = 2000


class Choosy(TinyLab):
    """Its bodies answer as their arguments say."""

    async def echo(self, text: str) -> str:
        if text.startswith("bad"):
            return 17  # type: ignore[return-value]
        if text.startswith("never"):
            self.waiting += 1
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                self.done.append(text)
                raise
        return text

    async def get(self, key: str) -> int:
        self.ran.append(key)
        return len(key)


class Small:
    """A host and a client without a broker."""

    def __init__(self, network: MemoryNetwork) -> None:
        self.lab = Choosy()
        self.serving = Host(transport=network.connect("serving"))
        self.calling = Host(transport=network.connect("calling"))

    async def __aenter__(self) -> LabClient:
        await self.serving.__aenter__()
        await self.calling.__aenter__()
        await self.serving.serve(self.lab)
        client = self.calling.client(LabClient)
        await client.echo("the session is open")
        return client

    async def __aexit__(self, *_: object) -> None:
        await self.calling.__aexit__(None, None, None)
        await self.serving.__aexit__(None, None, None)

    def published(self) -> int:
        """Messages of the client so far."""
        return self.calling.statistics().transport.published


@pytest.fixture
async def small() -> AsyncIterator[tuple[Small, LabClient]]:
    """One, and its client."""
    world = Small(MemoryNetwork(1))
    async with world as client:
        yield world, client


@pytest.fixture
def decoded(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How many decoder calls there were, for one result and for many."""
    counted: Counter[str] = Counter()
    one, many = Way.decode, Way.decode_all

    def decode(self: Way, payload: bytes) -> Any:
        counted["one"] += 1
        return one(self, payload)

    def decode_all(self: Way, payloads: Sequence[bytes]) -> Sequence[Any]:
        counted["many"] += 1
        return many(self, payloads)

    monkeypatch.setattr(Way, "decode", decode)
    monkeypatch.setattr(Way, "decode_all", decode_all)
    return counted


async def test_results_of_one_moment_are_decoded_at_once(
    small: tuple[Small, LabClient], decoded: Counter[str]
) -> None:
    """Together for each message of them."""
    _, client = small
    texts = [str(number) for number in range(64)]
    assert await asyncio.gather(*(client.echo(text) for text in texts)) == texts
    assert decoded.total() <= 8
    assert decoded["many"] >= 1


@pytest.mark.parametrize("bad", [{0}, {31}, {63}, {0, 31, 63}, set(range(64))])
async def test_D29_a_bad_value_among_results_costs_its_call_only(
    small: tuple[Small, LabClient], bad: set[int]
) -> None:
    """Wherever it is among them, and however many are bad."""
    _, client = small
    texts = [f"bad {n}" if n in bad else f"good {n}" for n in range(64)]
    results = await asyncio.gather(*map(client.echo, texts), return_exceptions=True)
    for number, (text, result) in enumerate(zip(texts, results, strict=True)):
        assert isinstance(result, WireError) if number in bad else result == text


async def test_D29_bytes_that_are_two_values_shift_no_others(
    small: tuple[Small, LabClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor do bytes that are none: each call gets its own result, or its own error."""
    _, client = small
    texts = ["a", "two", "b", "none", "c"]
    way = client._fusion._way(Kind.PLAIN, "echo")
    encode = way.results.encode
    payloads = [encode(text) for text in texts]
    payloads[1], payloads[3] = payloads[1] * 2, b""
    received = Awaited.completed

    def other(self: Awaited, ids: tuple[int, ...], _: Sequence[bytes], held: bool) -> None:
        received(self, ids, payloads[: len(ids)], held)

    monkeypatch.setattr(Awaited, "completed", other)
    results = await asyncio.gather(*map(client.echo, texts), return_exceptions=True)
    assert results[::2] == texts[::2]
    assert all(isinstance(result, WireError) for result in results[1::2])


def test_D13_a_deadline_ends_in_the_middle_of_a_run() -> None:
    """Those that are answered have their results; the others a CallTimeout, in time, not early."""

    async def call() -> None:
        world = Small(MemoryNetwork(1, Faults(delay=(0.001, 0.002))))
        async with world as client:
            view = client.with_options(timeout=1.0)
            start = now()
            ends: dict[str, float] = {}

            async def echo(text: str) -> str:
                try:
                    return await view.echo(text)
                finally:
                    ends[text] = now() - start

            texts = [f"{'never' if n % 3 else 'soon'} {n}" for n in range(30)]
            results = await asyncio.gather(*map(echo, texts), return_exceptions=True)
            for text, result in zip(texts, results, strict=True):
                if text.startswith("never"):
                    assert isinstance(result, CallTimeout)
                    assert 1.0 <= ends[text] < 1.01
                else:
                    assert result == text
                    assert ends[text] < 0.1
            await until(lambda: len(world.lab.done) == 20)
            peer = world.calling.statistics().caller.peers["lab"]
            assert (peer.calls, peer.deadlines) == (0, 0)

    run(call(), seed=1)


def test_a_call_that_is_late_alone_is_told_in_time() -> None:
    """However many calls of other times, and of none, are under way beside it."""

    async def call() -> None:
        world = Small(MemoryNetwork(1))
        async with world as client:
            others = [
                asyncio.create_task(client.with_options(timeout=seconds).echo("never"))
                for seconds in (60.0, 7.0, 3.0)
                for _ in range(20)
            ]
            await asyncio.sleep(0.5)
            start = now()
            with pytest.raises(CallTimeout, match="within 2 s"):
                await client.with_options(timeout=2.0).echo("never")
            assert 2.0 <= now() - start < 2.01
            assert not any(task.done() for task in others)
            for task in others:
                task.cancel()
            await asyncio.wait(others)

    run(call(), seed=1)


def test_D27_a_call_that_waited_in_vain_is_refused_not_timed_out() -> None:
    """Its host never heard of it, so it did not run: whoever made it learns that."""

    async def call() -> None:
        world = Small(MemoryNetwork(1))
        async with world as client:
            view = client.with_options(timeout=1.0)
            asked = [view.echo("never") for _ in range(1200)]
            results = await asyncio.gather(*asked, return_exceptions=True)
            assert Counter(map(type, results)) == {CallTimeout: 1000, Overloaded: 200}
            await until(lambda: len(world.lab.done) == 1000)

    run(call(), seed=1)


@pytest.mark.parametrize(("late", "turns"), [(0.01, 0), (1.0, TURNS)])
async def test_D27_what_came_in_time_is_heard_before_a_timer_that_comes_late(
    late: float, turns: int
) -> None:
    """A loop that was busy finds both at once: answers in its socket, and deadlines that are over.
    The timer lets so many turns go by as an answer needs to get to its caller.
    """
    rings: list[int] = []
    turn = 0
    alarm = Alarm(lambda: rings.append(turn))
    alarm.set(alarm._now() + 1000.0)
    alarm.due = alarm._now() - late
    alarm._rings()
    while not rings:
        turn += 1
        await asyncio.sleep(0)
    assert rings == [turns]


async def test_D19_calls_of_one_run_are_cancelled_one_by_one(
    small: tuple[Small, LabClient],
) -> None:
    """Before they are made, as they are sent and after; the host stops those, and only those."""
    world, client = small
    lab = world.lab
    tasks = [asyncio.create_task(client.echo(f"never {n}")) for n in range(10)]
    tasks[4].cancel()
    await asyncio.sleep(0)  # the calls are made, and not sent yet
    tasks[3].cancel()
    await until(lambda: lab.waiting >= 8 and lab.waiting - len(lab.done) == 8)
    for number in (0, 9):
        tasks[number].cancel()
    await until(lambda: lab.waiting - len(lab.done) == 6)
    assert {"never 0", "never 9"} <= set(lab.done) <= {"never 0", "never 3", "never 9"}
    assert [n for n, task in enumerate(tasks) if task.done()] == [0, 3, 4, 9]
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
    await until(lambda: lab.waiting == len(lab.done))


async def test_D19_a_call_that_is_closed_while_it_waits_stops_on_its_host(
    small: tuple[Small, LabClient],
) -> None:
    """Who awaits a call by hand may close it: that gives it up as a cancellation does."""
    world, client = small
    call = client.echo("never")
    call.send(None)
    await until(lambda: world.lab.waiting)
    call.close()
    await until(lambda: world.lab.done == ["never"])


def test_cold_reads_of_one_moment_travel_together(monkeypatch: pytest.MonkeyPatch) -> None:
    """As few messages as their bytes need, and no timer for each; so does what recomputes them
    after they were invalidated at once. In virtual time: a host whose bodies are slow answers
    earlier, in more messages.
    """
    run(cold_reads_of_one_moment(monkeypatch), seed=0)


async def cold_reads_of_one_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    loop = asyncio.get_running_loop()
    timers: list[float] = []
    call_at = loop.call_at

    def watched(when: float, *rest: Any, **options: Any) -> asyncio.TimerHandle:
        timers.append(when)
        return call_at(when, *rest, **options)

    monkeypatch.setattr(loop, "call_at", watched)
    keys = [f"k{number}" for number in range(MANY)]
    world = Small(MemoryNetwork(1))
    async with world as client:
        for turn in (1, 2):
            before = world.published()
            timers.clear()
            assert await asyncio.gather(*map(client.get, keys)) == [len(key) for key in keys]
            assert world.published() - before <= MANY // 64
            assert len(timers) <= MANY // 64
            assert len(world.lab.ran) == turn * MANY
            held = [client.peek.get(key) for key in keys]
            for key in keys:
                world.lab.invalidate.get(key)
            await until(lambda held=held: not any(c and c.is_consistent for c in held))  # type: ignore[misc]


async def test_D17_reads_in_time_leave_no_deadline(two: Pair) -> None:
    """Neither a hit, nor a miss, nor a read that was given up."""
    reads = two.client._fusion._peer._reads
    await two.client.get("a")
    task = asyncio.create_task(two.client.slow("a"))
    await until(lambda: two.lab.waiting)
    assert len(reads) == 1
    task.cancel()
    await asyncio.wait([task])
    assert len(reads) == 0
