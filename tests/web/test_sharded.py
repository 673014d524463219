"""A sharded service that asks who calls: each call reaches its shard's owner (D20), for whoever, or
whichever browser, makes it (W1)."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx

from fusionrt import Session
from tests.shards.generated.seats import SeatsClient, SeatsService
from tests.waiting import until

from .world import Door, World, until_value

ROOMS = [f"room {number}" for number in range(12)]


Taken = dict[tuple[str, Session], str]


class Seats(SeatsService):
    """name: of its host. taken: outlives every host, as a database does."""

    def __init__(self, name: str, taken: Taken) -> None:
        self._name = name
        self._taken = taken

    async def mine(self, session: Session, room: str) -> str:
        return self._taken.get((room, session), "none")

    async def take(self, session: Session, room: str, seat: str) -> str:
        self._taken[room, session] = seat
        return session.id

    async def host(self, room: str, session: Session) -> str:
        return f"{self._name} for {session.id}"

    async def seats(self, room: str, *, session: Session) -> AsyncIterator[str]:
        yield await self.mine(session, room)


async def seats(world: World) -> tuple[Door, Door]:
    """Two hosts, each of which owns some rooms, and two gateways to them."""
    hosts = [await world.host(principal="shop", gateways=["web"]) for _ in range(2)]
    taken: Taken = {}
    for host, name in zip(hosts, "ab", strict=True):
        await host.serve(Seats(name, taken))

    def parts() -> list[int]:
        return [len(host.statistics().shards["seats"].shards) for host in hosts]

    await until(lambda: sum(parts()) == 16 and min(parts()) > 0)
    first = await world.door([SeatsClient], principal="web")
    return first, await world.door([SeatsClient], principal="web")


async def test_W1_a_sharded_service_tells_browsers_apart(stored: World) -> None:
    """In rooms of both hosts, at two gateways: every kind of call, and changes."""
    doors = await seats(stored)
    (ann, _), (bob, _) = [await stored.page(door) for door in doors]
    of_ann, of_bob = ann.client(SeatsClient), bob.client(SeatsClient)
    served = {(await of_ann.host(room)).partition(" ")[0] for room in ROOMS}
    assert served == {"a", "b"}
    for room in ROOMS:
        watched = of_bob.changes.mine(room)
        await until_value(watched, "none")
        session = await of_ann.take(room, "front")
        assert await of_ann.mine(room) == "front"
        assert await of_bob.mine(room) == "none"
        assert await of_bob.take(room, "back") != session
        await until_value(watched, "back")
        assert [seat async for seat in of_ann.seats(room)] == ["front"]
        assert (await of_ann.host(room)).endswith(f" for {session}")


async def test_W1_a_request_to_a_sharded_service_is_its_browser_s(stored: World) -> None:
    """The session is its cookie's, and no argument."""
    door, other = await seats(stored)
    async with httpx.AsyncClient() as ann, httpx.AsyncClient() as bob:
        for room in ROOMS:
            told = await ann.post(f"{door.at.http}/fusion/seats.take", json=[room, "front"])
            assert told.status_code == 200, told.text
            mine = [
                (await browser.post(f"{other.at.http}/fusion/seats.mine", json=[room])).json()
                for browser in (ann, bob)
            ]
            assert mine == ["front", "none"]
        forged = {"room": ROOMS[0], "session": told.json()}
        assert (await bob.post(f"{door.at.http}/fusion/seats.mine", json=forged)).status_code == 400


async def test_W1_a_sharded_service_tells_processes_apart(stored: World) -> None:
    """Also those that come by no gateway."""
    await seats(stored)
    ann, bob = [(await stored.host(principal=name)).client(SeatsClient) for name in ("ann", "bob")]
    for room in ROOMS[:4]:
        assert (await ann.take(room, "front")).startswith("ann.")
        assert (await ann.mine(room), await bob.mine(room)) == ("front", "none")
