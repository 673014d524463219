"""Machines and their network behave as those that they stand for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from fusionrt.errors import BrokerUnavailable
from fusionrt.primitives import new_id, now
from fusionrt.testing import Deadlock
from fusionrt.transport import Message
from tests.notes import Notes

from .network import Link, Network
from .universe import Livelock, Machine, Universe, live

Test = Callable[[Universe], Coroutine[Any, Any, None]]


def simulated(test: Test) -> Callable[[], None]:
    """The test, in some universes."""

    def simulate() -> None:
        for seed in range(5):
            live(test, seed)

    simulate.__name__ = test.__name__
    simulate.__doc__ = test.__doc__
    return simulate


def linked(universe: Universe, *names: str) -> tuple[Network, list[Link]]:
    """A broker, and a link to it for each machine."""
    network = Network(universe, lambda *message: None)
    return network, [network.connect(universe.machine(name)) for name in names]


async def heard(link: Link, subject: str, queue: str = "") -> list[bytes]:
    """What comes on a subject."""
    payloads: list[bytes] = []

    async def listen() -> None:
        await link.subscribe(subject, lambda message: payloads.append(message.payload), queue)
        await link.flush()

    await link.machine.run(listen())
    return payloads


@simulated
async def test_each_machine_has_its_own_loop_clock_and_chance(universe: Universe) -> None:
    """What runs there finds these, and no two machines have the same."""

    async def look() -> tuple[object, float, str]:
        return asyncio.get_running_loop(), now(), new_id()

    machines = [universe.machine(name) for name in "ab"]
    first, second = [await machine.run(look()) for machine in machines]
    assert (first[0], second[0]) == (machines[0], machines[1])
    assert first[1] != second[1] and first[2] != second[2]


@simulated
async def test_a_frozen_machine_does_nothing_until_it_thaws(universe: Universe) -> None:
    """Its timers are late then, all at once."""
    machine = universe.machine("a")
    slept = machine.run(asyncio.sleep(1.0))
    await asyncio.sleep(0.1)
    machine.freeze()
    await asyncio.sleep(5.0)
    assert not slept.done()
    machine.thaw()
    await slept
    assert universe.time() == pytest.approx(5.1)


@simulated
async def test_timers_stand_still_while_a_machine_sleeps_and_its_clock_does_not(
    universe: Universe,
) -> None:
    """As CLOCK_MONOTONIC and CLOCK_BOOTTIME on a laptop whose lid is closed."""
    machine = universe.machine("a")

    async def nap() -> float:
        began = now()
        await asyncio.sleep(1.0)
        return now() - began

    napped = machine.run(nap())
    await asyncio.sleep(0.5)
    machine.fall_asleep()
    await asyncio.sleep(7.0)
    machine.wake_up()
    assert await napped == pytest.approx(8.0)
    assert universe.time() == pytest.approx(8.0)


def test_a_universe_in_which_nothing_can_happen_any_more_says_who_waits() -> None:
    """Also if that is in a machine."""

    async def wait(universe: Universe) -> None:
        await universe.machine("a").run(asyncio.Event().wait())

    with pytest.raises(Deadlock, match=r"Event\.wait"):
        live(wait, 1)


def test_a_universe_in_which_no_time_goes_by_any_more_says_who_keeps_it() -> None:
    """A run with such a mistake ends, and is told of, like any other."""

    async def spin(universe: Universe) -> None:
        async def try_again() -> None:
            while True:  # noqa: ASYNC110 - what a mutant does
                await asyncio.sleep(0)

        await universe.machine("a").run(try_again())

    with pytest.raises(Livelock, match="'a'"):
        live(spin, 1)


@simulated
async def test_a_link_keeps_its_order(universe: Universe) -> None:
    """Whatever the delays."""
    _, (a, b) = linked(universe, "a", "b")
    came = await heard(b, "s")
    sent = [b"%d" % number for number in range(50)]
    for payload in sent:
        a.publish("s", payload)
    await asyncio.sleep(1.0)
    assert came == sent


@simulated
async def test_one_of_a_queue_group_gets_a_message(universe: Universe) -> None:
    """And everybody who is in none."""
    _, (a, b, c, d) = linked(universe, "a", "b", "c", "d")
    group = [await heard(link, "s.*", "hosts") for link in (b, c)]
    alone = await heard(d, "s.>")
    for number in range(20):
        a.publish("s.1", b"%d" % number)
    await asyncio.sleep(1.0)
    assert sorted(group[0] + group[1]) == sorted(alone) and len(alone) == 20
    assert group[0] and group[1]


@simulated
async def test_who_publishes_to_nobody_is_told(universe: Universe) -> None:
    """If it gave a subject for that; a machine that is lost is not known to be gone at first."""
    network, (a, b) = linked(universe, "a", "b")
    told: list[Message] = []
    await a.machine.run(a.subscribe("me", told.append))
    await heard(b, "s")
    a.publish("s", b"", reply="me")
    b.vanish(known=False)
    await asyncio.sleep(1.0)
    a.publish("s", b"", reply="me")
    await asyncio.sleep(1.0)
    assert told == []
    await asyncio.sleep(8.0)
    a.publish("s", b"", reply="me")
    await asyncio.sleep(1.0)
    assert [message.no_responders for message in told] == ["s"]
    assert network.interest == ["me"]


@simulated
async def test_a_way_that_is_cut_loses_without_a_word(universe: Universe) -> None:
    """One way only, if only that is cut; the other goes on."""
    _, (a, b) = linked(universe, "a", "b")
    at_a, at_b = await heard(a, "a"), await heard(b, "b")
    a.cut_up += 1
    a.publish("b", b"lost")
    b.publish("a", b"comes")
    await asyncio.sleep(1.0)
    assert (at_a, at_b) == ([b"comes"], [])


@simulated
async def test_a_broken_link_is_told_and_has_its_subscriptions_again(universe: Universe) -> None:
    """What was sent between is lost, and a flush fails."""
    _, (a, b) = linked(universe, "a", "b")
    notes = Notes()
    b.add_listener(notes)
    came = await heard(b, "s")
    b.break_off()
    a.publish("s", b"lost")
    with pytest.raises(BrokerUnavailable):
        await b.machine.run(b.flush())
    await asyncio.sleep(1.0)
    b.join_again()
    await asyncio.sleep(1.0)
    a.publish("s", b"comes")
    await asyncio.sleep(1.0)
    assert (came, notes.all) == ([b"comes"], ["disconnected", "reconnected"])


@simulated
async def test_a_slow_consumer_loses_messages_and_is_told_so(universe: Universe) -> None:
    """So many of the next ones, then the gap."""
    _, (a, b) = linked(universe, "a", "b")
    notes = Notes()
    b.add_listener(notes)
    came = await heard(b, "s")
    b.skip = 2
    for payload in (b"1", b"2", b"3"):
        a.publish("s", payload)
    await asyncio.sleep(1.0)
    assert (came, notes.all) == ([b"3"], ["gap s"])


@simulated
async def test_what_comes_for_a_frozen_machine_waits_in_its_socket(universe: Universe) -> None:
    """It is read in order when that goes on."""
    _, (a, b) = linked(universe, "a", "b")
    came = await heard(b, "s")
    machine: Machine = b.machine
    machine.freeze()
    for payload in (b"1", b"2"):
        a.publish("s", payload)
    await asyncio.sleep(9.0)
    assert came == []
    machine.thaw()
    await asyncio.sleep(0.1)
    assert came == [b"1", b"2"]
