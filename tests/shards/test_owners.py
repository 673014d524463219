"""Who serves what, in memory and in virtual time (D20, D22)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from functools import wraps
from typing import Any

import pytest

from fusionrt import (
    Host,
    NotBoundError,
    OutcomeUnknown,
    RemoteError,
    RemoteUnavailable,
    ServiceDisposed,
)
from fusionrt.primitives import now
from fusionrt.shards import Owned
from fusionrt.shards.membership import Membership
from fusionrt.shards.routing import host_of
from fusionrt.testing import run
from fusionrt.transport.memory import Faults, MemoryNetwork
from tests.shards.generated.rooms import RoomsClient
from tests.shards.memory import RoomsInMemory, Truth
from tests.sizes import size
from tests.waiting import until

NAMES = [f"room {number}" for number in range(48)]
SHARDS = 16


class Town:
    """Hosts of rooms, and one who calls them. pause: seconds that bodies take on hosts to come."""

    def __init__(self, network: MemoryNetwork) -> None:
        self.network = network
        self.truth = Truth()
        self.hosts: dict[str, Host] = {}
        self.rooms: dict[str, RoomsInMemory] = {}
        self.calling = Host(transport=network.connect("calling"))
        self.pause = 0.0

    async def come(self, name: str) -> None:
        """A host comes, and takes its share."""
        host = self.hosts[name] = Host(transport=self.network.connect(name))
        await host.__aenter__()
        self.rooms[name] = RoomsInMemory(name, self.truth, self.pause)
        faults, self.network.faults = self.network.faults, Faults()
        await host.serve(self.rooms[name])
        self.network.faults = faults

    async def go(self, name: str) -> None:
        """A host leaves in good order."""
        await self.hosts.pop(name).__aexit__(None, None, None)

    async def crash(self, name: str) -> None:
        """A host ends without a word."""
        self.network.crash(name)
        await self.hosts.pop(name).__aexit__(OSError, OSError("crashed"), None)

    def owned(self, name: str) -> set[int]:
        """The shards that a host owns."""
        return set(self.hosts[name].statistics().shards["rooms"].shards)

    async def rooms_of(self, name: str) -> list[str]:
        """The rooms that a host serves."""
        owner = self.calling.client(RoomsClient).owner
        return [room for room in NAMES if await owner(room) == name]

    async def settled(self) -> None:
        """Every shard is owned by the host that should own it, and by no other one."""
        end = now() + 20
        iids = {host.iid: name for name, host in self.hosts.items()}
        wanted: dict[str, set[int]] = {name: set() for name in self.hosts}
        for shard in range(SHARDS if iids else 0):
            wanted[iids[host_of(shard, iids)]].add(shard)
        while (owned := {name: self.owned(name) for name in self.hosts}) != wanted:
            assert now() < end, (owned, wanted)
            await asyncio.sleep(0.01)


@asynccontextmanager
async def _town(seed: int, faults: Faults, *names: str) -> AsyncIterator[Town]:
    town = Town(MemoryNetwork(seed, faults))
    async with town.calling:
        for name in names:
            await town.come(name)
        await town.settled()
        yield town
        town.network.faults = Faults()
        town.network.heal()
        for name in list(town.hosts):
            await town.go(name)
    town.truth.check()


def in_town(
    *names: str,
    seeds: int = 3,
    faults: Faults = Faults(delay=(0.001, 0.01)),  # noqa: B008
) -> Callable[[Callable[[Town], Coroutine[Any, Any, None]]], Callable[[], None]]:
    """The test in a town of these hosts, in some universes."""

    def decorate(test: Callable[[Town], Coroutine[Any, Any, None]]) -> Callable[[], None]:
        async def universe(seed: int) -> None:
            async with _town(seed, faults, *names) as town:
                await test(town)

        @wraps(test)
        def simulate() -> None:
            for seed in range(seeds):
                run(universe(seed), seed=seed)

        del simulate.__wrapped__
        return simulate

    return decorate


@in_town("a")
async def test_D20_a_host_alone_owns_every_shard(town: Town) -> None:
    """It serves every room at once; a call carries the fencing token of its shard."""
    client = town.calling.client(RoomsClient)
    assert await asyncio.gather(*map(client.owner, NAMES)) == ["a"] * len(NAMES)
    assert await client.say("hall", "hello") == 1
    assert await client.count("hall") == 1
    assert await client.starting("h", room="hall") == 1
    assert len(town.calling.statistics().caller.peers["rooms"].sessions) == 1


@in_town("a", "b", "c")
async def test_D20_the_calls_of_a_room_go_to_the_one_host_that_owns_it(town: Town) -> None:
    """Whoever calls: a room has one host, which is the only one that caches it."""
    client = town.calling.client(RoomsClient)
    first = await asyncio.gather(*map(client.owner, NAMES))
    assert len(set(first)) > 1
    other = town.hosts["a"].client(RoomsClient)
    assert await asyncio.gather(*map(other.owner, NAMES)) == first
    assert len(town.calling.statistics().caller.peers["rooms"].sessions) == len(set(first))


@in_town("a", "b")
async def test_D20_a_host_that_comes_takes_only_its_own_share(town: Town) -> None:
    """No shard moves between the others; what is watched follows the shards that moved."""
    before = {name: town.owned(name) for name in "ab"}
    client = town.calling.client(RoomsClient)
    replicas = [await client.computed.count(name) for name in NAMES]
    await town.come("c")
    await town.settled()
    assert all(town.owned(name) < before[name] or town.owned(name) == before[name] for name in "ab")
    await asyncio.sleep(0.1)
    assert any(not replica.is_consistent for replica in replicas)
    assert any(replica.is_consistent for replica in replicas)
    assert "c" in await asyncio.gather(*map(client.owner, NAMES))


@in_town("a", "b")
async def test_D22_no_call_fails_while_hosts_come_and_go(town: Town) -> None:
    """Commands, reads and plain calls go on; each command runs once."""
    client = town.calling.client(RoomsClient)
    stop = asyncio.Event()
    said = dict.fromkeys(NAMES, 0)

    async def talk(room: str) -> None:
        while not stop.is_set():
            said[room] = await client.say(room, f"line {said[room]}")
            assert await client.count(room) == said[room]
            await client.owner(room)
            await asyncio.sleep(0.01)

    talking = [asyncio.create_task(talk(room)) for room in NAMES]
    for come, go in (("c", "a"), ("d", "b"), ("e", "c")):
        await town.come(come)
        await town.settled()
        await town.go(go)
        await town.settled()
    stop.set()
    await asyncio.gather(*talking)
    assert said == {room: len(lines) for room, lines in town.truth.said.items()}


@in_town("a", "b")
async def test_D22_a_call_that_runs_holds_its_own_shard_only(town: Town) -> None:
    """Its host leaves when it has ended; every other shard has moved before."""
    client = town.calling.client(RoomsClient)
    running = asyncio.create_task(client.wait("hall"))
    await until(lambda: any(rooms.waiting for rooms in town.rooms.values()))
    (busy,) = [name for name, rooms in town.rooms.items() if rooms.waiting]
    going = asyncio.create_task(town.go(busy))
    await asyncio.sleep(2.0)
    assert not going.done()
    other = "b" if busy == "a" else "a"
    assert len(town.owned(other)) == SHARDS - 1
    town.rooms[busy].gate.set()
    assert await running == busy
    await going
    assert await client.owner("hall") == other


@in_town("a", "b")
async def test_D20_the_shards_of_a_crashed_host_are_served_after_its_lease(town: Town) -> None:
    """A call waits for the next owner; one that was under way to a command is told."""
    client = town.calling.client(RoomsClient)
    room = (await town.rooms_of("a"))[0]
    assert await client.count(room) == 0
    began = now()
    await town.crash("a")
    assert await client.say(room, "still here") == 1
    assert 3.0 < now() - began < 9.0
    assert await client.count(room) == 1
    assert await client.owner(room) == "b"


@in_town("a", "b")
async def test_D20_an_owner_that_is_cut_off_stops_before_its_lease_has_lapsed(town: Town) -> None:
    """It serves nobody any more, not even who can still reach it, when the next one begins."""
    client = town.calling.client(RoomsClient)
    room = (await town.rooms_of("a"))[0]
    inside = town.hosts["a"].client(RoomsClient).with_options(timeout=1.0)
    assert await inside.owner(room) == "a"
    town.network.partition("a")
    end = now() + 6.0
    while now() < end:
        with suppress(RemoteUnavailable, TimeoutError):
            await inside.say(room, f"from within at {now()}")
        await asyncio.sleep(0.1)
    assert not town.owned("a")
    assert await client.owner(room) == "b"
    town.network.heal()
    await town.settled()


@in_town("a", "b")
async def test_D18_a_stream_of_a_shard_that_moves_ends_with_an_error(town: Town) -> None:
    """It is started anew, at the next owner."""
    client = town.calling.client(RoomsClient)
    rooms = await town.rooms_of("a")
    for room in rooms:
        await client.say(room, "one")
    streams = [client.lines(room) for room in rooms]
    assert [await anext(stream) for stream in streams] == ["one"] * len(rooms)
    await town.go("a")
    for stream in streams:
        with pytest.raises(RemoteUnavailable, match="anew"):
            await anext(stream)
    assert await anext(client.lines(rooms[0])) == "one"


@in_town("a", "b")
async def test_D20_the_service_itself_refuses_what_its_host_does_not_own(town: Town) -> None:
    """Who has the instance at hand would run another host's bodies, and cache what nobody
    invalidates; each of two hosts runs what is its own.
    """
    (room, *_) = await town.rooms_of("b")
    with pytest.raises(NotBoundError, match=r"through `host\.client"):
        await town.rooms["a"].count(room)
    with pytest.raises(NotBoundError, match="does not own shard"):
        await town.rooms["a"].say(room, "hello")
    client = town.calling.client(RoomsClient)
    assert await client.count(room) == 0
    await client.say(room, "hello")
    assert town.truth.said[room] == ["hello"]


@in_town("a", "b", "c")
async def test_D20_replicas_of_a_moved_shard_are_invalidated_and_watchers_follow(
    town: Town,
) -> None:
    """What is made from them, too; a watcher shows what the new owner says."""
    client = town.calling.client(RoomsClient)
    room = (await town.rooms_of("a"))[0]
    shown = {room: -1}

    async def watch() -> None:
        async for computed in client.changes.count(room):
            shown[room] = computed.value

    watching = asyncio.create_task(watch())
    await client.say(room, "one")
    replica = await client.computed.count(room)
    await town.go("a")
    assert not replica.is_consistent
    assert "moved" in str(replica.origin) or "shuts down" in str(replica.origin)
    await client.say(room, "two")
    await until(lambda: shown[room] == 2)
    watching.cancel()


async def _texts(*given: str) -> AsyncIterator[str]:
    for text in given:
        yield text
        await asyncio.sleep(0.001)


@in_town("a", "b", faults=Faults(delay=(0.01, 0.01)))
async def test_D14_the_next_value_of_a_room_follows_a_change_after_one_hop(town: Town) -> None:
    """It is asked for ahead at the shard's owner; and at the next owner, when it has moved."""
    client = town.calling.client(RoomsClient)
    changes = client.changes.count("hall")
    assert (await anext(changes)).value == 0
    lines = 0
    for name in (await client.owner("hall"), ""):
        if not name:
            await town.go(await client.owner("hall"))
            await town.settled()
            assert (await asyncio.wait_for(anext(changes), 5)).value == lines
        for _ in range(3):
            following = asyncio.ensure_future(anext(changes))
            await asyncio.sleep(0.1)
            began, lines = now(), lines + 1
            saying = asyncio.ensure_future(client.say("hall", f"line {lines}"))
            assert (await following).value == lines
            assert now() - began < 0.05  # one hop for the command
            await saying


@in_town()
async def test_D20_what_was_asked_ahead_is_made_anew_at_the_owner_of_its_shard(town: Town) -> None:
    """By the session that there is: in a second one, a host would tell in another order (D15)."""
    town.pause = 0.1
    for name in "ab":
        await town.come(name)
    await town.settled()
    client = town.calling.client(RoomsClient)
    rooms = town.rooms[await client.owner("hall")]
    changes = client.changes.count("hall")
    await anext(changes)
    following = asyncio.ensure_future(anext(changes))
    await asyncio.sleep(0.1)
    rooms.invalidate.count("hall")
    await asyncio.sleep(0.05)  # the next value is awaited, and will be stale
    rooms.invalidate.count("hall")
    assert (await following).value == 0
    assert len(town.calling.statistics().caller.peers["rooms"].sessions) == 1


@in_town("a", "b")
async def test_D20_what_is_sent_goes_to_the_owner(town: Town) -> None:
    """A stream to a command, and one there and back behind a head; also after a move, of which the
    client learns by a refusal, before anything is taken from its iterator.
    """
    client = town.calling.client(RoomsClient)

    async def check(mark: str) -> None:
        for room in NAMES[:12]:
            before = await client.count(room)
            assert await client.tell(room, _texts(f"{mark} 1", f"{mark} 2")) == before + 2
            assert await client.count(room) == before + 2
            host, texts = await client.enter(room, _texts("x", "y"))
            assert host == await client.owner(room)
            assert [text async for text in texts] == ["x", "y"]

    await check("first")
    await town.come("c")
    await check("second")
    await town.go("a")
    await check("third")


@in_town("a", "b")
async def test_D22_a_handover_waits_for_what_is_sent(town: Town) -> None:
    """A command that is sent a stream runs to its end where it began, as any other does."""
    client = town.calling.client(RoomsClient)
    room = (await town.rooms_of("a"))[0]
    going = asyncio.Event()

    async def texts() -> AsyncIterator[str]:
        yield "one"
        going.set()
        await asyncio.sleep(0.5)
        yield "two"

    telling = asyncio.create_task(client.tell(room, texts()))
    await going.wait()
    await town.go("a")
    assert await telling == 2
    assert await client.count(room) == 2


@in_town("a", "b")
async def test_D13_a_call_that_came_to_the_wrong_host_never_ran_there(town: Town) -> None:
    """A client that believes in a former owner is told, and asks the present one."""
    client = town.calling.client(RoomsClient)
    for room in NAMES:
        await client.say(room, "before")
    await town.come("c")
    said = await asyncio.gather(*(client.say(room, "after") for room in NAMES))
    await town.settled()
    assert said == [2] * len(NAMES)
    (wrong,) = {len(lines) for lines in town.truth.said.values()}
    assert wrong == 2


@in_town()
async def test_D9_calls_of_a_sharded_service_that_nobody_serves_fail_soon(town: Town) -> None:
    """They do not wait for a lease of a host that never was."""
    began = now()
    with pytest.raises(RemoteUnavailable, match="no host serves it"):
        await town.calling.client(RoomsClient).say("hall", "hello")
    assert now() - began < 3.0


async def trouble(town: Town) -> None:
    """Hosts are cut off, crash and leave, others come, on a bad network; then it ends."""
    random = asyncio.get_running_loop().fusion_random  # type: ignore[attr-defined]
    town.pause = 1.0
    stop = asyncio.Event()
    numbers = iter(range(10**6))

    async def talk(room: str) -> None:
        while not stop.is_set():
            host = random.choice([town.calling, *town.hosts.values()])
            with suppress(RemoteUnavailable, OutcomeUnknown, TimeoutError, ServiceDisposed):
                client = host.client(RoomsClient).with_options(timeout=8.0)
                await client.say(room, f"line {next(numbers)}")
                await client.count(room)
            await asyncio.sleep(0.05)

    talking = [asyncio.create_task(talk(room)) for room in NAMES[:8] * 2]
    for round in range(4):
        victim = random.choice(list(town.hosts))
        match random.choice(["partition", "crash", "go"]):
            case "partition":
                town.network.partition(victim)
                await asyncio.sleep(random.choice([1.0, 5.0, 9.0]))
                town.network.heal()
            case "crash":
                await town.crash(victim)
            case "go":
                await town.go(victim)
        await asyncio.sleep(random.choice([0.5, 3.0]))
        await town.come(f"new {round}")
    stop.set()
    await asyncio.gather(*talking)
    town.network.faults = Faults()
    await asyncio.sleep(10.0)
    await town.settled()


BAD = Faults(delay=(0.001, 0.05), drop=0.05, duplicate=0.05)


@in_town("a", "b", "c", faults=BAD, seeds=size(6, 100))
async def test_D20_a_bad_network_never_makes_two_owners(town: Town) -> None:
    """Partitions, crashes and losses: bodies of two owners never overlap, commands run once."""
    await trouble(town)
    client = town.calling.client(RoomsClient)
    for room, lines in town.truth.said.items():
        assert await client.count(room) == len(lines)


def _is_always(self: Membership) -> bool:
    """A mutant: an owner goes on when its lease has lapsed."""
    return True


async def _at_once(self: Owned) -> None:
    """A mutant: a shard is handed over while its bodies run."""


@pytest.mark.parametrize(
    ("cls", "name", "mutant", "first"),
    [
        pytest.param(Membership, "check", _is_always, 0, id="lease-never-lapses"),
        pytest.param(Owned, "ended", _at_once, 93, id="handover-waits-for-nothing"),
    ],
)
def test_D20_the_check_of_owners_finds_mutants(
    cls: type, name: str, mutant: object, first: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A check that cannot fail is worth nothing: each mutant makes two owners in some universe,
    which is seen by their bodies, by the store that refuses a token, or by never settling.

    first: a universe in which it did, to begin with.
    """

    async def universe(seed: int) -> None:
        async with _town(seed, BAD, "a", "b", "c") as town:
            await trouble(town)

    monkeypatch.setattr(cls, name, mutant)
    with pytest.raises((AssertionError, RemoteError), match=r"ran together|it raised|= now\(\)"):
        for seed in range(first, first + 400):
            run(universe(seed), seed=seed)
