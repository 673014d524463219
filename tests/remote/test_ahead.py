"""What is watched is asked for ahead: its next value follows without a question."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import AbstractAsyncContextManager
from typing import Any, cast

import pytest

from fusionrt import Call, Computed, Host, Next, Origin, OriginKind, Quota, RemoteUnavailable
from fusionrt.primitives import now
from fusionrt.rpc import Registration
from fusionrt.transport.memory import Faults, MemoryNetwork
from tests.lab import Broken, LabClient, Pair, TinyLab, in_memory, peer_of
from tests.virtual import virtual
from tests.waiting import until

HOP = 0.01
"""Seconds from one process to another, by way of the broker."""
ONE = pytest.approx(HOP, abs=HOP / 2)


def distant() -> MemoryNetwork:
    """Whose processes are `HOP` seconds from each other."""
    return MemoryNetwork(1, Faults(delay=(HOP / 2, HOP / 2)))


def far_apart() -> AbstractAsyncContextManager[Pair]:
    """A lab and a client of it, on such a network."""
    return in_memory(TinyLab({"a": 1, "b": 2}), distant())


def awaits_next(changes: AsyncIterator[Computed[int]]) -> asyncio.Task[tuple[Any, float]]:
    """The next value, or error, that a watcher has, and when."""

    async def following() -> tuple[Any, float]:
        computed = await anext(changes)
        return computed.error or computed.value, now()

    return asyncio.create_task(following())


async def told_of_the_outage(two: Pair, following: asyncio.Task[tuple[Any, float]]) -> None:
    """Whoever waits is, at once, when what it has is stale."""
    began = now()
    two.calling.graph.invalidate_all(Origin(OriginKind.CALL, "test"))
    came, at = await asyncio.wait_for(following, 15)
    assert isinstance(came, RemoteUnavailable)
    assert at - began < 1


async def all_wait(
    two: Pair, watchers: list[AsyncIterator[Computed[int]]]
) -> list[asyncio.Task[tuple[Any, float]]]:
    """Each has a value, and waits for the next one."""
    await asyncio.gather(*map(anext, watchers))
    waiting = [awaits_next(changes) for changes in watchers]
    await until(lambda: two.on_host().session.registered == 2 * len(watchers))
    return waiting


async def put(lab: TinyLab, value: int) -> None:
    await lab.put("a", value)


async def invalidate(lab: TinyLab, value: int) -> None:
    lab.data["a"] = value
    lab.invalidate.get("a")


@pytest.mark.parametrize("change", [put, invalidate])
def test_D14_the_next_value_follows_a_change_after_one_hop(
    change: Callable[[TinyLab, int], Awaitable[None]],
) -> None:
    """Not after the three of an invalidation, a question and its answer; each time."""

    @virtual
    async def main() -> None:
        async with far_apart() as two:
            changes = two.client.changes.double("a")
            await anext(changes)
            for value in range(2, 12):
                following = awaits_next(changes)
                await asyncio.sleep(5 * HOP)
                began = now()
                await change(two.lab, value)
                came, at = await following
                assert came == 2 * value
                assert at - began == ONE
            assert two.lab.ran.count("double a") == 11

    main()


@virtual
async def test_D14_a_question_that_is_under_way_is_not_asked_twice() -> None:
    """A change that comes before the host has the call that is made ahead of it."""
    async with far_apart() as two:
        changes = two.client.changes.double("a")
        await anext(changes)
        for value in range(2, 12):
            following = awaits_next(changes)
            await asyncio.sleep(HOP / 2)
            began = now()
            await two.lab.put("a", value)
            came, at = await following
            assert came == 2 * value
            assert at == pytest.approx(began + 1.5 * HOP, abs=HOP / 2)
        assert two.lab.ran.count("double a") == 11


@virtual
async def test_D17_who_waits_no_more_has_asked_for_nothing() -> None:
    """The call that was made ahead is over, on both sides, when the last watcher of a key leaves;
    whoever comes back makes it again.
    """
    async with far_apart() as two:
        watchers = [two.client.changes.get("a") for _ in range(2)]
        for changes in watchers:
            await anext(changes)
        for _ in range(3):
            first, second = map(awaits_next, watchers)
            await until(lambda: two.on_host().session.registered == 2)
            assert two.on_client().calls == two.on_host().running == two.on_host().waiting == 0
            first.cancel()
            await asyncio.sleep(5 * HOP)
            assert two.on_host().session.registered == 2
            assert two.on_host().held == 1
            second.cancel()
            await until(lambda: two.on_host().session.registered == 1)
        two.calling.graph.invalidate_all(Origin(OriginKind.CALL, "test"))
        await until(lambda: two.on_host().session.registered == 0)


@virtual
async def test_D17_what_came_for_nobody_is_let_go() -> None:
    """Whoever watched is cancelled as the next value arrives."""
    async with far_apart() as two:
        changes = two.client.changes.get("a")
        before = await anext(changes)
        following = awaits_next(changes)
        await until(lambda: two.on_host().session.registered == 2)

        def leave(_: object) -> None:
            following.cancel()

        before.on_invalidated(leave)
        await invalidate(two.lab, 5)
        await asyncio.wait({following})
        assert following.cancelled()
        await until(lambda: two.on_host().session.registered == two.on_host().held == 0)
        assert (await anext(changes)).value == 5


@virtual
async def test_D17_a_replica_that_is_invalidated_here_has_its_next_value() -> None:
    """Its host is told that the result is let go, and so does not wait for its end."""
    async with far_apart() as two:
        changes = two.client.changes.get("a")
        await anext(changes)
        following = awaits_next(changes)
        await until(lambda: two.on_host().session.registered == 2)
        began = now()
        two.calling.graph.invalidate_all(Origin(OriginKind.CALL, "test"))
        came, at = await following
        assert came == 1
        assert at - began == pytest.approx(2 * HOP, abs=HOP / 2)
        assert await asyncio.wait_for(two.client.get("a"), 1) == 1


@virtual
async def test_D6c_what_came_early_is_suspended_for_whoever_takes_it() -> None:
    """Its host had said, before anybody asked for the result, that it cannot vouch for it."""
    async with far_apart() as two:
        await two.client.get("a")
        peer = peer_of(two.client)
        session = peer._session
        assert session is not None
        (early,) = session._awaited.held.values()
        taken = [Registration(peer) for _ in range(2)]
        assert session.hand_over(early, taken[0])
        assert taken[0].live()
        taken[0].suspended()
        assert session.hand_over(taken[0], taken[1])
        assert not taken[1].live()
        assert not session.hand_over(early, Registration(peer))


@virtual
async def test_D29_an_error_that_is_held_follows_like_a_value() -> None:
    """And what an error was asked for ahead of, too."""
    async with far_apart() as two:
        changes = two.client.changes.fail("declared")
        await anext(changes)
        for _ in range(3):
            following = awaits_next(changes)
            await asyncio.sleep(5 * HOP)
            two.lab.invalidate.fail("declared")
            came, _at = await asyncio.wait_for(following, 5)
            assert isinstance(came, Broken)
        assert two.lab.ran == ["fail declared"] * 4


@virtual
async def test_G39_a_watcher_that_is_collected_elsewhere_has_asked_for_nothing() -> None:
    """Another thread's collector finds it as it waits: the session hears of that in its own."""
    async with far_apart() as two:
        changes = two.client.changes.get("a")
        await anext(changes)
        waiting = [cast("Coroutine[Any, Any, Any]", anext(changes))]
        waiting[0].send(None)
        await until(lambda: two.on_host().session.registered == 2)
        collector = threading.Thread(target=waiting.clear)
        collector.start()
        collector.join()
        assert two.on_client().session.registered == 2
        await until(lambda: two.on_host().session.registered == 1)


def test_G39_a_watcher_that_a_closed_loop_left_behind_is_collected_without_a_word(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nobody is left to hear that it waits no longer."""
    problems = list[Any]()
    monkeypatch.setattr(sys, "unraisablehook", problems.append)
    hosts, waiting = list[Host](), list[Coroutine[Any, Any, Any]]()

    async def leave_behind() -> None:
        network = MemoryNetwork(1)
        for name in ("serving", "calling"):
            hosts.append(await Host(transport=network.connect(name)).__aenter__())
        await hosts[0].serve(TinyLab())
        changes = hosts[1].client(LabClient).changes.get("a")
        await anext(changes)
        waiting.append(cast("Coroutine[Any, Any, Any]", anext(changes)))
        waiting[0].send(None)

    loop = asyncio.new_event_loop()
    loop.run_until_complete(leave_behind())
    loop.close()
    waiting.clear()
    assert problems == []


@virtual
async def test_D17_an_error_that_came_for_nobody_is_let_go() -> None:
    """It is told with the end of the last one, and a watcher comes first who wants none."""
    network = MemoryNetwork(1)
    async with in_memory(TinyLab(), network) as two:
        watchers = [two.client.changes.fail("declared") for _ in range(2)]
        last, _ = await asyncio.gather(*map(anext, watchers))
        coming = list[asyncio.Task[tuple[Any, float]]]()
        last.on_invalidated(lambda _: coming.append(awaits_next(watchers[1])))
        coming.append(awaits_next(watchers[0]))
        await asyncio.sleep(1)
        network.partition("calling")
        two.lab.invalidate.fail("declared")
        await asyncio.sleep(1)
        network.heal()
        await until(lambda: len(coming) == 2)
        for came, _at in await asyncio.gather(*coming):
            assert isinstance(came, Broken)
        await asyncio.sleep(1)
        assert two.calling.statistics().caller.peers["lab"].held == 1


@virtual
async def test_D27_watchers_take_nobodys_turn() -> None:
    """More of them than calls may be under way: others are served at once."""
    async with far_apart() as two:
        watchers = [two.client.changes.get(f"{number}") for number in range(1500)]
        waiting = await all_wait(two, watchers)
        began = now()
        assert await two.client.echo("hello") == "hello"
        assert now() - began < 3 * HOP
        for task in waiting:
            task.cancel()
        await asyncio.wait(waiting)


@pytest.mark.parametrize("at_once", [True, False])
def test_D27_what_is_asked_ahead_is_refused_to_no_watcher(at_once: bool) -> None:
    """Though all of them are to be served at once, and these are more than run and wait there."""

    @virtual
    async def main() -> None:
        async with far_apart() as two:
            two.lab.gate.set()
            watchers = [two.client.changes.slow(f"{number}") for number in range(2600)]
            waiting = await all_wait(two, watchers)
            if not at_once:
                two.lab.gate.clear()
            for number in range(2600):
                two.lab.data[f"{number}"] = number
                two.lab.invalidate.slow(f"{number}")
            if not at_once:
                await until(lambda: two.lab.waiting >= 1000)
                await asyncio.sleep(1)
                two.lab.gate.set()
            values = [value for value, _ in await asyncio.gather(*waiting)]
            assert values == [*range(2600)]
            assert two.lab.ran.count("slow 0") == two.lab.ran.count("slow 2599") == 2

    main()


@virtual
async def test_G34_who_watches_more_than_is_held_for_him_drives_out_one_at_a_time() -> None:
    """What is let go of does not come back at once by what was asked ahead, in the place of the
    next one, and so on: it is asked for anew.
    """
    network = distant()
    async with (
        Host(transport=network.connect("serving"), quota=Quota(held=20)) as serving,
        Host(transport=network.connect("calling")) as calling,
    ):
        await serving.serve(TinyLab())
        client, values = calling.client(LabClient), list[int]()

        async def watch(key: str) -> None:
            async for computed in client.changes.get(key):
                values.append(computed.value)

        watching = [asyncio.create_task(watch(f"{number}")) for number in range(21)]
        await asyncio.sleep(1)
        values.clear()
        await asyncio.sleep(1)
        assert len(values) < 1 / HOP
        (session,) = serving.statistics().services["lab"].sessions
        assert session.held == 20
        for task in watching:
            task.cancel()
        await asyncio.wait(watching)


@virtual
async def test_D19_what_is_given_up_before_its_turn_never_runs() -> None:
    """More begin than may run and stand in line, and their watchers leave."""
    async with far_apart() as two:
        two.lab.gate.set()
        watchers = [two.client.changes.slow(f"{number}") for number in range(1500)]
        waiting = await all_wait(two, watchers)
        two.lab.gate.clear()
        two.lab.ran.clear()
        for number in range(1500):
            two.lab.invalidate.slow(f"{number}")
        await until(lambda: two.lab.waiting == 1000)
        await asyncio.sleep(1)
        for task in waiting:
            task.cancel()
        await asyncio.wait(waiting)
        await until(lambda: two.on_host().session.registered == 0)
        two.lab.gate.set()
        await asyncio.sleep(1)
        assert len(two.lab.ran) < 1250  # some had their turn as others left


@virtual
async def test_D22_a_host_that_drains_waits_for_no_watcher() -> None:
    """What was made ahead is given up; whoever watches goes on at another host."""
    network = distant()
    async with Host(transport=network.connect("calling")) as calling:
        old, new = TinyLab({"a": 1}), TinyLab({"a": 1})
        first = await Host(transport=network.connect("first")).__aenter__()
        await first.serve(old)
        changes = calling.client(LabClient).changes.get("a")
        await anext(changes)
        following = awaits_next(changes)
        await until(lambda: first.statistics().services["lab"].sessions[0].session.registered == 2)
        async with Host(transport=network.connect("second")) as second:
            await second.serve(new)
            began = now()
            await first.__aexit__(None, None, None)
            assert now() - began < 0.5
            await asyncio.sleep(2.0)  # it asks the other host whether it has the same
            for value in (2, 3):
                if following.done():
                    following = awaits_next(changes)
                await asyncio.sleep(5 * HOP)
                began = now()
                await new.put("a", value)
                came, at = await asyncio.wait_for(following, 10)
                assert came == value
            assert at - began == ONE


def test_D22_what_is_asked_ahead_as_its_host_says_that_it_drains_is_asked_of_no_other_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It waits here still, and comes after a result that no other host knows."""

    @virtual
    async def main() -> None:
        network = distant()
        async with Host(transport=network.connect("calling")) as calling:
            first = await Host(transport=network.connect("first")).__aenter__()
            await first.serve(TinyLab({"a": 1}))
            client = calling.client(LabClient)
            changes = client.changes.get("a")
            await anext(changes)
            session = peer_of(client)._session
            assert session is not None
            drain = session._drain
            following = cast("Coroutine[Any, Any, Any]", anext(changes))

            def told() -> None:
                following.send(None)
                assert session._awaited.ahead
                drain()

            monkeypatch.setattr(session, "_drain", told)
            async with Host(transport=network.connect("second")) as second:
                await second.serve(TinyLab({"a": 1}))
                await first.__aexit__(None, None, None)
                await asyncio.sleep(5)  # it is asked whether it has the same
                (theirs,) = second.statistics().services["lab"].sessions
                assert theirs.session.registered == theirs.held == 1
                assert calling.statistics().caller.peers["lab"].calls == 0
                following.close()

    main()


@virtual
async def test_D14_what_is_watched_is_asked_ahead_of_the_next_host_when_one_is_lost() -> None:
    """That has the same: so whoever watches has no new result, only a new host."""
    network = distant()
    async with Host(transport=network.connect("calling")) as calling:
        new = TinyLab({"a": 1})
        first = await Host(transport=network.connect("first")).__aenter__()
        await first.serve(TinyLab({"a": 1}))
        watchers = [calling.client(LabClient).changes.get("a") for _ in range(2)]
        before, _ = await asyncio.gather(*map(anext, watchers))

        async def news() -> list[tuple[Any, float]]:
            following = [awaits_next(changes) for changes in watchers]
            return await asyncio.wait_for(asyncio.gather(*following), 20)

        following = asyncio.create_task(news())
        await asyncio.sleep(5 * HOP)
        network.crash("first")
        await following
        assert not before.is_consistent
        async with Host(transport=network.connect("second")) as second:
            await second.serve(new)
            await news()
            assert before.is_consistent
            following = asyncio.create_task(news())
            await asyncio.sleep(5 * HOP)
            began = now()
            await new.put("a", 2)
            for came, at in await following:
                assert came == 2
                assert at - began == ONE
        await first.__aexit__(OSError, OSError("crashed"), None)


@virtual
async def test_D4_what_is_stale_before_it_is_there_is_made_anew() -> None:
    """Once it has begun it is a call like any other, and whoever waits for it hears nothing."""
    async with far_apart() as two:
        two.lab.gate.set()
        changes = two.client.changes.slow("a")
        await anext(changes)
        following = awaits_next(changes)
        await asyncio.sleep(5 * HOP)
        two.lab.gate.clear()
        two.lab.invalidate.slow("a")
        await until(lambda: two.lab.waiting == 1)
        two.lab.data["a"] = 7
        two.lab.invalidate.slow("a")
        await until(lambda: two.lab.ran.count("slow a") == 3)
        two.lab.gate.set()
        assert (await following)[0] == 7


@pytest.mark.parametrize("ticks", range(4))
def test_D15_what_began_before_a_command_and_is_stale_as_it_comes_is_no_answer(ticks: int) -> None:
    """Whoever reads after the command, and begins the replica's body before who watches does."""

    @virtual
    async def main() -> None:
        async with far_apart() as two:
            two.lab.gate.set()
            changes = two.client.changes.slow("a")
            reads = list[asyncio.Task[int]]()

            def returned(_: object) -> None:
                """As a command does, of a service that slow's host has no order with."""
                two.calling.graph.wrote()
                reads.append(asyncio.create_task(two.client.slow("a")))

            (await anext(changes)).on_invalidated(returned)
            following = awaits_next(changes)
            await asyncio.sleep(5 * HOP)
            two.lab.gate.clear()
            two.lab.invalidate.slow("a")
            await until(lambda: two.lab.waiting == 1 and bool(reads))
            await asyncio.sleep(5 * HOP)
            two.lab.data["a"] = 7
            two.lab.gate.set()
            for _ in range(ticks):
                await asyncio.sleep(0)
            two.lab.invalidate.slow("a")
            assert await reads[0] == 7
            assert (await following)[0] == 7

    main()


@virtual
async def test_D13_what_began_on_a_host_that_is_lost_is_asked_of_the_next() -> None:
    """As the call that it is by then, not as one that comes after a result of the lost one."""
    network = distant()
    async with Host(transport=network.connect("calling")) as calling:
        old, new = TinyLab({"a": 1}), TinyLab({"a": 5})
        old.gate.set()
        new.gate.set()
        first = await Host(transport=network.connect("first")).__aenter__()
        await first.serve(old)
        changes = calling.client(LabClient).changes.slow("a")
        await anext(changes)
        following = awaits_next(changes)
        await asyncio.sleep(5 * HOP)
        old.gate.clear()
        old.invalidate.slow("a")
        await until(lambda: old.waiting == 1)
        await asyncio.sleep(5 * HOP)
        async with Host(transport=network.connect("second")) as second:
            await second.serve(new)
            network.crash("first")
            came, _at = await asyncio.wait_for(following, 20)
            assert came == 5
        await first.__aexit__(OSError, OSError("crashed"), None)


@virtual
async def test_D26_an_outage_ends_what_was_asked_ahead() -> None:
    """Of that nobody hears; who watches is told of the outage, and of what is new after it."""
    network = distant()
    async with in_memory(TinyLab({"a": 1}), network) as two:
        changes = two.client.changes.get("a")
        await anext(changes)
        following = awaits_next(changes)
        await asyncio.sleep(5 * HOP)
        network.disconnect("calling")
        await asyncio.sleep(30)
        await two.lab.put("a", 2)
        network.reconnect("calling")
        async with asyncio.timeout(20):
            while (await following)[0] != 2:
                following = awaits_next(changes)
        following = awaits_next(changes)
        await asyncio.sleep(5 * HOP)
        began = now()
        await two.lab.put("a", 3)
        came, at = await following
        assert came == 3
        assert at - began == ONE


@virtual
async def test_D26_who_watches_in_an_outage_asks_nothing_ahead() -> None:
    """Whoever needs the next value has an error at once, and not a call that waits for its end."""
    network = distant()
    async with in_memory(TinyLab(), network) as two:
        changes = two.client.changes.get("a")
        await anext(changes)
        network.disconnect("calling")
        await asyncio.sleep(30)
        assert not (await anext(changes)).is_consistent
        following = awaits_next(changes)
        await asyncio.sleep(1)
        await told_of_the_outage(two, following)
        network.reconnect("calling")


@virtual
async def test_D26_what_was_asked_ahead_keeps_nobody_waiting_in_an_outage() -> None:
    """Though whoever watches was not told of it yet."""
    network = distant()
    async with in_memory(TinyLab(), network, outage_grace=0.1) as two:
        changes = two.client.changes.get("a")
        await anext(changes)
        following = awaits_next(changes)
        await asyncio.sleep(5 * HOP)
        network.disconnect("calling")
        await asyncio.sleep(0.2)
        await told_of_the_outage(two, following)
        network.reconnect("calling")


@virtual
async def test_interceptors_see_each_call_as_it_is_made() -> None:
    """What passes interceptors is not asked ahead of them."""
    seen: list[str] = []

    async def note(call: Call, next: Next) -> Any:
        seen.append(call.method)
        return await next()

    async with far_apart() as two:
        changes = two.client.with_options(interceptors=[note]).changes.get("a")
        await anext(changes)
        following = awaits_next(changes)
        await asyncio.sleep(5 * HOP)
        assert two.on_host().session.registered == 1
        await two.lab.put("a", 2)
        assert (await following)[0] == 2
        assert seen == ["get", "get"]


@pytest.mark.parametrize(("first", "then"), [(0, 1), (1, 0)])
def test_D17_what_interceptors_ask_themselves_is_not_asked_ahead_as_well(
    first: int, then: int
) -> None:
    """Somebody else watches the same, and has asked ahead: that is given up, or taken."""

    async def pass_on(call: Call, next: Next) -> Any:
        return await next()

    @virtual
    async def main() -> None:
        async with far_apart() as two:
            views = [two.client, two.client.with_options(interceptors=[pass_on])]
            watchers = [views[index].changes.get("a") for index in (first, then)]
            await asyncio.gather(*map(anext, watchers))
            following = [awaits_next(changes) for changes in watchers]
            await until(lambda: two.on_host().session.registered == 2)
            await two.lab.put("a", 2)
            assert [value for value, _ in await asyncio.gather(*following)] == [2, 2]
            await until(lambda: two.on_host().session.registered == two.on_host().held == 1)

    main()
