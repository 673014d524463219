"""Calls of sharded services that may run twice, that nobody waits for, and that are retried."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from fusionrt import Call, CallKind, Next, OutcomeUnknown, RemoteUnavailable
from tests.shards.generated.rooms import RoomsClient
from tests.shards.test_owners import Town, in_town
from tests.waiting import until


async def running(town: Town, client: RoomsClient, method: str) -> asyncio.Task[str]:
    """A call of a room of the host `a`, whose body waits there."""
    room = (await town.rooms_of("a"))[0]
    calls = {"look": client.look, "wait": client.wait}
    call = asyncio.create_task(calls[method](room))
    await until(lambda: town.rooms["a"].waiting == 1)
    town.rooms["b"].gate.set()
    return call


@in_town("a", "b")
async def test_D13_an_idempotent_call_runs_again_at_the_next_owner(town: Town) -> None:
    """Its owner was lost as it ran, and the shard moved."""
    call = await running(town, town.calling.client(RoomsClient).with_options(timeout=60.0), "look")
    await town.crash("a")
    assert await call == "b"


@in_town("a", "b")
async def test_D13_an_idempotent_call_that_is_stopped_with_its_lease_runs_again(town: Town) -> None:
    """Its owner is there, and says that the call goes to another; of any other, that it may have
    run (D20).
    """
    client = town.calling.client(RoomsClient).with_options(timeout=60.0)
    here, ran = town.rooms["a"], town.truth.ran
    for method, times in (("look", 2), ("wait", 1)):
        ran.clear()
        here.gate.clear()
        call = await running(town, client, method)
        town.hosts["a"]._open().serving._shards["rooms"]._ownership._lapsed()
        await until(lambda: here.waiting == 0)
        here.gate.set()
        if method == "look":
            assert await call in ("a", "b")
        else:
            with pytest.raises(OutcomeUnknown, match="while it ran"):
                await call
        assert [each.what for each in ran].count("wait") == times
        await town.settled()


@in_town("a", "b")
async def test_D13_a_one_way_call_goes_to_the_owner(town: Town) -> None:
    """Each once, under its token; also when the owner has changed since the last."""
    client = town.calling.client(RoomsClient)
    rooms = await town.rooms_of("a")

    def heard() -> list[tuple[str, str]]:
        return [(ran.host, ran.room) for ran in town.truth.ran if ran.what == "knock"]

    for room in rooms:
        await client.knock(room)
    await until(lambda: len(heard()) == len(rooms))
    assert sorted(heard()) == sorted(("a", room) for room in rooms)
    await town.go("a")
    await town.settled()
    for room in rooms:
        await client.knock(room)
    await until(lambda: len(heard()) == 2 * len(rooms))
    assert {*heard()[len(rooms) :]} == {("b", room) for room in rooms}


@in_town()
async def test_D13_a_call_of_a_shard_is_retried_until_there_is_a_host(town: Town) -> None:
    """A command with the same operation id, a plain call, and a one-way call."""
    client = town.calling.client(RoomsClient)
    with pytest.raises(RemoteUnavailable) as caught:
        await client.knock("hall")
    assert not caught.value.may_have_run
    patient = client.with_options(timeout=60.0, retries=8)
    calls = asyncio.gather(
        patient.say("hall", "hello"), patient.owner("hall"), patient.knock("hall")
    )
    await asyncio.sleep(5.0)
    await town.come("a")
    assert (await calls)[1] == "a"
    assert town.truth.said == {"hall": ["hello"]}


@in_town("a", "b")
async def test_interceptors_are_around_one_way_calls_of_shards(town: Town) -> None:
    """They see the call, and what it raises here; each try is one call."""
    seen: list[tuple[str, CallKind]] = []

    async def watch(call: Call, next: Next) -> Any:
        seen.append((call.method, call.kind))
        call.headers["trace"] = "1"
        return await next()

    client = town.calling.client(RoomsClient).with_options(interceptors=[watch])
    await client.knock("hall")
    await until(lambda: any(ran.what == "knock" for ran in town.truth.ran))
    assert seen == [("knock", CallKind.ONEWAY)]
    await town.go("a")
    await town.go("b")
    with pytest.raises(RemoteUnavailable):
        await client.with_options(timeout=20.0, retries=1).knock("hall")
    assert seen == [("knock", CallKind.ONEWAY)] * 3
