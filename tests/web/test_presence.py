"""Who is there, through gateways: a user is online while a page of theirs is connected."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass

import pytest

from fusionrt import FusionError, Host
from fusionrt.ext import (
    KeyValueStoreClient,
    KeyValueStoreInMemory,
    PresenceClient,
    PresenceOf,
    User,
    UsersClient,
    UsersOf,
)
from fusionrt.primitives import spawn

from .page import PageTransport
from .test_users import session_of
from .world import Door, World, until_value

ANN, BOB = User("git/1", "Ann"), User("git/2", "Bob")


@dataclass
class Page:
    """A page that stays, as long as it is connected."""

    host: Host
    transport: PageTransport
    presence: PresenceClient
    users: UsersClient
    stay: asyncio.Task[None]


class Site:
    """Presence on two hosts, and two gateways to them."""

    def __init__(self, world: World, users: UsersOf, doors: list[Door]) -> None:
        self.world = world
        self.users = users
        self.doors = doors
        self.pages: list[Page] = []

    async def page(self, door: int, user: User | None, cookie: str = "") -> Page:
        """Of a browser by which somebody is signed in, or of one that was here before."""
        host, transport = await self.world.page(self.doors[door], cookie=cookie)
        session = session_of(self.doors[door].gateway, transport.cookie)
        if user is not None and not cookie:
            assert session is not None
            await self.users.sign_in(session, user)
        presence = host.client(PresenceClient)
        stay = spawn(_stay(presence), name="a stay")
        page = Page(host, transport, presence, host.client(UsersClient), stay)
        self.pages.append(page)
        return page

    async def leave(self, page: Page) -> None:
        """It is closed."""
        self.pages.remove(page)
        page.stay.cancel()
        await self.world.leave(page.host)


async def _stay(presence: PresenceClient) -> None:
    with suppress(FusionError):
        async for _ in presence.stay():
            pass


@pytest.fixture
async def site(stored: World) -> AsyncIterator[Site]:
    """Nobody is there."""
    async with AsyncExitStack() as exits:
        store = KeyValueStoreInMemory()
        users = UsersOf(store)
        for first in (True, False):
            host = await stored.host(principal="shop", gateways=["web"])
            if first:
                await host.serve(store)
                await host.serve(users)
            known = users if first else UsersOf(host.client(KeyValueStoreClient))
            presence = await exits.enter_async_context(PresenceOf(known, host))
            await host.serve(presence)
        contracts = [PresenceClient, UsersClient]
        doors = [await stored.door(contracts, principal="web") for _ in range(2)]
        site = Site(stored, users, doors)
        yield site
        for page in list(site.pages):
            await site.leave(page)


async def test_W11_who_closes_their_last_page_is_gone(site: Site) -> None:
    """Whether it says so or vanishes; those who watch at another gateway are shown it live."""
    changes = (await site.page(1, BOB)).presence.changes.who()
    await until_value(changes, (BOB,))
    first = await site.page(0, ANN)
    await until_value(changes, (ANN, BOB))
    second = await site.page(1, ANN, first.transport.cookie)
    online = second.presence.changes.is_online(ANN.id)
    await until_value(online, True)
    await site.leave(first)
    assert await second.presence.who() == (ANN, BOB)
    second.transport.vanish()
    second.transport.cut()
    await until_value(changes, (BOB,))


async def test_W1_nobody_stays_as_somebody_else(site: Site) -> None:
    """Who is not signed in is nowhere; who signs out everywhere is gone, by all their pages."""
    stranger = await site.page(0, None)
    assert await anext(aiter(stranger.presence.stay())) is None
    changes = stranger.presence.changes.who()
    phone, laptop = await site.page(0, ANN), await site.page(1, ANN)
    await site.page(1, BOB)
    await until_value(changes, (ANN, BOB))
    await laptop.users.sign_out_everywhere()
    await until_value(changes, (BOB,))
    for page in (phone, laptop):
        assert await anext(aiter(page.presence.stay())) is None
    assert not await phone.presence.is_online(ANN.id)
