"""The transport in memory, with its faults, on the seeded loop."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from fusionrt.errors import BrokerUnavailable, InvalidSubject, MessageTooLarge
from fusionrt.primitives import now
from fusionrt.testing import run
from fusionrt.transport import Message, Transport
from fusionrt.transport.memory import Faults, MemoryNetwork, MemoryTransport
from tests.notes import Notes

SEEDS = range(30)


async def listen(transport: Transport, subject: str, queue: str = "") -> list[bytes]:
    """The payloads that come on a subject from now on."""
    payloads: list[bytes] = []
    await transport.subscribe(subject, lambda message: payloads.append(message.payload), queue)
    await transport.flush()
    return payloads


def publish(transport: Transport, subject: str, count: int) -> list[bytes]:
    sent = [b"%d" % number for number in range(count)]
    for payload in sent:
        transport.publish(subject, payload)
    return sent


def simulate(
    main: Callable[[MemoryNetwork, MemoryTransport, MemoryTransport], Awaitable[None]],
    faults: Faults | None = None,
) -> None:
    """Run a test of two clients under many schedules, with and without delays."""
    for seed in SEEDS:
        for network_faults in [faults] if faults else [Faults(), Faults(delay=(0.001, 0.1))]:

            async def universe(network_faults: Faults = network_faults, seed: int = seed) -> None:
                network = MemoryNetwork(seed, network_faults)
                await main(network, network.connect("a"), network.connect("b"))
                await asyncio.sleep(1)

            run(universe(), seed=seed)


def test_order_is_kept() -> None:
    """Messages from one client to another arrive once, in their order, whatever the delays."""

    async def main(network: MemoryNetwork, a: MemoryTransport, b: MemoryTransport) -> None:
        received = await listen(b, "x.>")
        sent = publish(a, "x.y", 50)
        await asyncio.sleep(10)
        assert received == sent

    simulate(main)


def test_delays_take_their_time() -> None:
    """A message takes the delay of both its ways, in virtual time."""

    async def main(network: MemoryNetwork, a: MemoryTransport, b: MemoryTransport) -> None:
        arrived: list[float] = []
        await b.subscribe("x", lambda message: arrived.append(now()))
        await b.flush()
        start = now()
        a.publish("x", b"")
        await asyncio.sleep(10)
        assert len(arrived) == 1
        assert 1.0 <= arrived[0] - start <= 4.0

    simulate(main, Faults(delay=(0.5, 2.0)))


def test_a_flush_is_a_barrier() -> None:
    """After a flush of either side, what was published before it is there."""

    async def main(network: MemoryNetwork, a: MemoryTransport, b: MemoryTransport) -> None:
        received = await listen(b, "x")
        publish(a, "x", 10)
        await a.flush()
        await b.flush()
        assert len(received) == 10

    simulate(main)


def test_a_queue_group_shares() -> None:
    """Each message goes to one member of a queue group, and to every plain subscriber."""

    async def main(network: MemoryNetwork, a: MemoryTransport, b: MemoryTransport) -> None:
        members = [await listen(a, "work", "q"), await listen(b, "work", "q")]
        plain = await listen(b, "work")
        sent = publish(a, "work", 100)
        await asyncio.sleep(10)
        assert plain == sent
        assert sorted(members[0] + members[1]) == sorted(sent)
        assert members[0] and members[1]

    simulate(main)


def test_no_responders() -> None:
    """A message that nobody wants comes back as the name of its dead subject, to its sender."""

    async def main(network: MemoryNetwork, a: MemoryTransport, b: MemoryTransport) -> None:
        received: list[Message] = []
        others: list[Message] = []
        await a.subscribe("a.>", received.append)
        await b.subscribe("a.>", others.append)
        a.publish("gone", b"x", reply="a.here")
        a.publish("gone", b"y")
        await asyncio.sleep(1)
        assert received == [Message("a.here", b"", "gone")]
        assert others == []

    simulate(main)


@pytest.mark.parametrize(
    ("pattern", "taken", "refused"),
    [
        ("a.b", "a.b", "a.b.c"),
        ("a.*", "a.b", "a"),
        ("a.*.c", "a.b.c", "a.b.d"),
        ("a.>", "a.b.c", "a"),
        (">", "a", "="),
    ],
)
def test_wildcards(pattern: str, taken: str, refused: str) -> None:
    """`*` stands for one token, a last `>` for one or more."""

    async def main(network: MemoryNetwork, a: MemoryTransport, b: MemoryTransport) -> None:
        received: list[str] = []
        await b.subscribe(pattern, lambda message: received.append(message.subject))
        await b.flush()
        a.publish(taken, b"")
        if pattern != ">":
            a.publish(refused, b"")
        await asyncio.sleep(1)
        assert received == [taken]

    simulate(main)


def test_drops_and_duplicates() -> None:
    """Messages are lost and doubled about as often as asked for, and never reordered."""

    async def main(network: MemoryNetwork, a: MemoryTransport, b: MemoryTransport) -> None:
        received = await listen(b, "x")
        publish(a, "x", 400)
        await asyncio.sleep(100)
        numbers = [int(payload) for payload in received]
        assert numbers == sorted(numbers)
        # Two ways, each with a tenth lost and a tenth doubled.
        assert 250 < len(set(numbers)) < 390
        assert len(numbers) > len(set(numbers)) + 20

    simulate(main, Faults(delay=(0.0, 0.01), drop=0.1, duplicate=0.1))


def test_a_partition_loses_without_a_word() -> None:
    """A partition lets nothing through and tells nobody; healing brings nothing back."""

    async def main(network: MemoryNetwork, a: MemoryTransport, b: MemoryTransport) -> None:
        notes = Notes()
        b.add_listener(notes)
        received = await listen(b, "x")
        own = await listen(a, "x")
        network.partition("a")
        a.publish("x", b"1", reply="a.reply")
        await asyncio.sleep(1)
        network.heal()
        a.publish("x", b"2")
        await asyncio.sleep(1)
        assert received == [b"2"]
        assert own == [b"1", b"2"]
        assert notes.all == []

    simulate(main)


def test_a_lost_connection_is_told() -> None:
    """While disconnected a client hears nothing and says nothing; after, it has what it had."""

    async def main(network: MemoryNetwork, a: MemoryTransport, b: MemoryTransport) -> None:
        notes = Notes()
        b.add_listener(notes)
        received = await listen(b, "x")
        flush = asyncio.create_task(b.flush())
        await asyncio.sleep(0)
        network.disconnect("b")
        late = await b.subscribe("y", lambda message: received.append(message.payload))
        a.publish("x", b"1")
        b.publish("x", b"2")
        await asyncio.sleep(1)
        with pytest.raises(BrokerUnavailable):
            await b.flush()
        network.reconnect("b")
        a.publish("x", b"3")
        a.publish("y", b"4")
        await asyncio.sleep(1)
        assert received == [b"3", b"4"]
        assert notes.all == ["disconnected", "reconnected"]
        assert b.statistics().lost == b.statistics().reconnects == 1
        (outcome,) = await asyncio.gather(flush, return_exceptions=True)
        assert outcome is None or isinstance(outcome, BrokerUnavailable)
        await late.unsubscribe()

    simulate(main)


def test_a_crash_leaves_no_responders() -> None:
    """A crashed client hears and says nothing; its callers get no responders; its name is free."""

    async def main(network: MemoryNetwork, a: MemoryTransport, b: MemoryTransport) -> None:
        notes = Notes()
        b.add_listener(notes)
        received = await listen(b, "x")
        answers: list[Message] = []
        await a.subscribe("a.>", answers.append)
        a.publish("x", b"in flight")
        network.crash("b")
        b.publish("a.b", b"from the grave")
        await asyncio.sleep(1)
        a.publish("x", b"", reply="a.reply")
        await asyncio.sleep(1)
        assert received == []
        assert notes.all == []
        assert answers == [Message("a.reply", b"", "x")]
        successor = await listen(network.connect("b"), "x")
        a.publish("x", b"again")
        await asyncio.sleep(1)
        assert successor == [b"again"]

    simulate(main)


def test_an_overflow_is_told() -> None:
    """A simulated overflow reaches the listeners as a gap."""

    async def main(network: MemoryNetwork, a: MemoryTransport, b: MemoryTransport) -> None:
        notes = Notes()
        b.add_listener(notes)
        network.overflow("b", "x.>")
        b.remove_listener(notes)
        network.overflow("b", "x.>")
        assert notes.all == ["gap x.>"]
        assert b.statistics().gaps == 2

    simulate(main)


def test_D22_close_drains() -> None:
    """Closing handles what the broker had given away, and sends what the handlers published."""

    async def main(network: MemoryNetwork, a: MemoryTransport, b: MemoryTransport) -> None:
        answered = await listen(a, "answer")
        other = network.connect("c")
        for worker in (b, other):

            def work(message: Message, worker: MemoryTransport = worker) -> None:
                worker.publish("answer", message.payload)

            await worker.subscribe("work", work, queue="q")
            await worker.flush()
        publish(a, "work", 20)
        closing = asyncio.create_task(b.close())
        publish(a, "work", 20)
        await closing
        await b.close()
        await asyncio.sleep(10)
        assert len(answered) == 40
        await other.close(drain=False)

    simulate(main)


def test_unsubscribe() -> None:
    """After unsubscribing nothing is delivered, not even what is on its way."""

    async def main(network: MemoryNetwork, a: MemoryTransport, b: MemoryTransport) -> None:
        received: list[Message] = []
        subscription = await b.subscribe("x", received.append)
        await b.flush()
        a.publish("x", b"")
        await subscription.unsubscribe()
        await subscription.unsubscribe()
        a.publish("x", b"", reply="a.reply")
        await asyncio.sleep(1)
        assert received == []

    simulate(main)


def test_limits_are_checked_at_once() -> None:
    """A payload beyond the limit, and a subject that is none, are refused."""

    async def main(network: MemoryNetwork, a: MemoryTransport, b: MemoryTransport) -> None:
        with pytest.raises(MessageTooLarge):
            a.publish("x", bytes(a.max_payload + 1))
        with pytest.raises(InvalidSubject):
            a.publish("x y", b"")
        with pytest.raises(InvalidSubject):
            await a.subscribe("x..y", print)

    simulate(main)


def test_a_seed_replays() -> None:
    """The same seed loses the same messages; other seeds lose others."""

    async def main(seed: int) -> tuple[bytes, ...]:
        network = MemoryNetwork(seed, Faults(delay=(0.0, 1.0), drop=0.3, duplicate=0.2))
        received = await listen(network.connect("b"), "x")
        publish(network.connect("a"), "x", 20)
        await asyncio.sleep(100)
        return tuple(received)

    outcomes = [run(main(seed), seed=seed) for seed in SEEDS]
    assert outcomes == [run(main(seed), seed=seed) for seed in SEEDS]
    assert len(set(outcomes)) > len(SEEDS) // 2
