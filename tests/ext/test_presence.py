"""`Presence`: who is there by which host, in virtual time, with hosts that die."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager, suppress

import pytest

from fusionrt import (
    Host,
    KeyRefused,
    NotBoundError,
    Overloaded,
    ServiceDisposed,
    Session,
)
from fusionrt.ext import (
    KeyValueStoreInMemory,
    PresenceOf,
    User,
    UsersOf,
)
from fusionrt.ext.board import LARGEST
from fusionrt.primitives import now, spawn
from fusionrt.testing import run
from fusionrt.transport.memory import Faults, MemoryNetwork

from .stays import staying

ANN, BOB, CAT = User("1", "Ann"), User("2", "Bob"), User("3", "Cat")
OF = {ANN: Session("ann's"), BOB: Session("bob's"), CAT: Session("cat's")}
TTL = 30.0


class Town:
    """Hosts of one system, and who is signed in: the same for all of them."""

    def __init__(self) -> None:
        self.network = MemoryNetwork(1)
        self.users = UsersOf(KeyValueStoreInMemory())
        self.hosts: dict[str, Host] = {}
        self.presence: dict[str, PresenceOf] = {}
        self.stays: list[asyncio.Task[None]] = []

    async def come(self, name: str) -> PresenceOf:
        """A host comes."""
        host = self.hosts[name] = Host(transport=self.network.connect(name))
        await host.__aenter__()
        presence = self.presence[name] = PresenceOf(self.users, host, ttl=TTL)
        await presence.__aenter__()
        await host.serve(presence)
        return presence

    async def go(self, name: str) -> None:
        """It leaves in good order."""
        await self.presence.pop(name).__aexit__(None, None, None)
        await self.hosts.pop(name).__aexit__(None, None, None)

    async def stay(self, name: str, user: User, place: str = "") -> asyncio.Task[None]:
        """Somebody is there by a host, until the task is cancelled."""
        there = asyncio.Event()

        async def stay() -> None:
            async with aclosing(staying(self.presence[name], OF[user], place)) as stays:
                async for _ in stays:
                    there.set()

        task = spawn(stay(), name="a stay")
        self.stays.append(task)
        await there.wait()
        return task


@asynccontextmanager
async def town(*names: str) -> AsyncIterator[Town]:
    """With these hosts; Ann, Bob and Cat are signed in."""
    town = Town()
    for user, session in OF.items():
        await town.users.sign_in(session, user)
    for name in names:
        await town.come(name)
    yield town
    for stay in town.stays:
        stay.cancel()
    await asyncio.gather(*town.stays, return_exceptions=True)
    for name in list(town.hosts):
        await town.go(name)


async def shows(presence: PresenceOf, *users: User, place: str = "") -> float:
    """When these are there, and nobody else, in the order of their names."""
    async for known in presence.changes.who(place):
        if known.value == users:
            return now()
    raise AssertionError


async def gone(stay: asyncio.Task[None]) -> None:
    """Somebody leaves."""
    stay.cancel()
    with suppress(asyncio.CancelledError):
        await stay


def test_whoever_stays_is_there_for_all_hosts() -> None:
    """Once, by however many pages and hosts, until the last of them goes."""

    async def main() -> None:
        async with town("a", "b") as at:
            a, b = at.presence.values()
            first = await at.stay("a", ANN)
            await at.stay("a", BOB)
            for host in (a, b):
                await shows(host, ANN, BOB)
            second, third = await at.stay("a", ANN), await at.stay("b", ANN)
            await gone(first)
            await gone(third)
            for host in (a, b):
                await shows(host, ANN, BOB)
                assert await host.is_online("1") and not await host.is_online("3")
            known = await b.computed.is_online("1")
            await gone(second)
            await known.invalidated()
            for host in (a, b):
                await shows(host, BOB)

    run(main(), seed=1)


def test_places_are_apart() -> None:
    """Who is in one is online, and in no other one; a change in one leaves others' values alone."""

    async def main() -> None:
        async with town("a", "b") as at:
            a, b = at.presence.values()
            await at.stay("a", ANN, "rooms/1")
            await at.stay("b", BOB, "rooms/2")
            await shows(b, ANN, place="rooms/1")
            await shows(a, BOB, place="rooms/2")
            one = await b.computed.who("rooms/1")
            await at.stay("b", CAT, "rooms/2")
            await shows(a, BOB, CAT, place="rooms/2")
            assert one.is_consistent
            assert await a.who() == ()
            assert await a.is_online("2")
            for wrong in ("/", "a//b", "..", "x" * 1001):
                with pytest.raises(KeyRefused):
                    await a.who(wrong)
                with pytest.raises(KeyRefused):
                    await anext(aiter(a.stay(OF[ANN], wrong)))

    run(main(), seed=2)


def test_who_was_there_by_a_host_that_died_is_gone_after_its_time() -> None:
    """And not before, nor those of other hosts."""

    async def main() -> None:
        async with town("a", "b", "c") as at:
            await at.stay("a", ANN)
            await at.stay("b", BOB)
            for name in "bc":
                await shows(at.presence[name], ANN, BOB)
            died = now()
            at.network.crash("a")
            for name in "bc":
                gone = await shows(at.presence[name], BOB)
                assert TTL * 2 / 3 - 1 <= gone - died <= TTL + 1

    run(main(), seed=3)


def test_who_leaves_in_good_order_takes_its_people_along_at_once() -> None:
    """They are there again when they have come to another host."""

    async def main() -> None:
        async with town("a", "b") as at:
            await at.stay("a", ANN)
            await shows(at.presence["b"], ANN)
            stay = at.stays[0]
            began = now()
            await at.go("a")
            with pytest.raises(ServiceDisposed, match="about to stop"):
                await stay
            assert await shows(at.presence["b"]) - began < 1
            await at.stay("b", ANN)
            await shows(at.presence["b"], ANN)

    run(main(), seed=4)


def test_a_host_that_was_cut_off_is_there_again() -> None:
    """With those who are there by it now; it does not take the others for dead, either."""

    async def main() -> None:
        async with town("a", "b") as at:
            a, b = at.presence.values()
            stay = await at.stay("a", ANN)
            await at.stay("b", BOB)
            await shows(b, ANN, BOB)
            at.network.partition("a")
            await shows(b, BOB)
            await gone(stay)
            await at.stay("a", CAT)
            at.network.heal()
            back = now()
            assert await shows(b, BOB, CAT) - back < TTL / 3
            await shows(a, BOB, CAT)
            known = await a.computed.who()
            await asyncio.sleep(2 * TTL)
            assert known.is_consistent

    run(main(), seed=5)


def test_answers_that_are_lost_cost_nothing_but_time() -> None:
    """Who is there stays there."""

    async def main() -> None:
        async with town("a", "b") as at:
            await at.stay("a", ANN)
            at.network.faults = Faults(drop=0.3)
            await shows(at.presence["b"], ANN)
            await at.stay("b", BOB)
            await shows(at.presence["a"], ANN, BOB)
            at.network.faults = Faults()

    run(main(), seed=6)


def test_W1_who_signs_out_is_gone() -> None:
    """At once, by each of their pages."""

    async def main() -> None:
        async with town("a", "b") as at:
            a, b = at.presence.values()
            await at.stay("a", ANN)
            await at.stay("b", ANN)
            await at.stay("b", BOB)
            await shows(a, ANN, BOB)
            told = aiter(b.stay(OF[ANN]))
            assert await anext(told) == ANN
            await at.users.sign_out_everywhere(OF[ANN])
            assert await anext(told) is None
            for host in (a, b):
                await shows(host, BOB)

    run(main(), seed=7)


def test_who_signs_in_meanwhile_is_there() -> None:
    """Whoever stays as nobody is nowhere until then."""

    async def main() -> None:
        async with town("a") as at:
            (a,) = at.presence.values()
            told = aiter(a.stay(Session("new")))
            assert await anext(told) is None
            assert await a.who() == ()
            await at.users.sign_in(Session("new"), ANN)
            assert await anext(told) == ANN
            await shows(a, ANN)

    run(main(), seed=7)


def test_W9_a_host_has_no_more_people_than_its_record_holds() -> None:
    """Who is beyond that is refused, and counts for nothing."""

    async def main() -> None:
        async with town("a", "b") as at:
            a, b = at.presence.values()
            large = User("4", "n" * (LARGEST - 200))
            OF[large] = Session("large")
            await at.users.sign_in(OF[large], large)
            await at.stay("a", ANN)
            stay = await at.stay("a", large)
            with pytest.raises(Overloaded):
                await anext(aiter(a.stay(OF[BOB], "p" * 500)))
            await shows(b, ANN, large)
            await gone(stay)
            await at.stay("a", BOB, "p" * 500)
            await shows(b, BOB, place="p" * 500)

    run(main(), seed=8)


async def test_it_is_entered_before_it_is_asked() -> None:
    """Else nobody would be told of it."""
    async with Host(transport=MemoryNetwork(0).connect("a")) as host:
        presence = PresenceOf(UsersOf(KeyValueStoreInMemory()), host)
        with pytest.raises(NotBoundError, match="enter it"):
            await presence.who()
