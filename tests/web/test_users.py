"""Who is signed in, through gateways: no session is another one, and none outlives its end (W1)."""

from __future__ import annotations

from asyncio import all_tasks
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route

from fusionrt import Principal, Session, SessionUsed
from fusionrt.ext import (
    KeyValueStoreClient,
    KeyValueStoreInMemory,
    Sandbox,
    SandboxedKeyValueStoreClient,
    SandboxedKeyValueStoreOf,
    User,
    UsersClient,
    UsersOf,
)
from fusionrt.web import Gateway
from fusionrt.web.page import Code
from tests.golden.identity.expected.desk import DeskClient
from tests.golden.identity.impl import Desk
from tests.waiting import until

from .page import PageTransport
from .serving import served
from .world import Door, World, until_value

ANN, BOB = User("git/1", "Ann"), User("git/2", "Bob")
EVERYTHING = [UsersClient, DeskClient, SandboxedKeyValueStoreClient]
DRAFT = Sandbox.SESSION, "draft"


class UsersDesk(Desk):
    """It tells whose it is; by a store in another process."""

    def __init__(self, users: UsersOf) -> None:
        super().__init__()
        self._users = users

    async def some(self, limit: int, who: Principal, /, *, tag: str = "", on: Session) -> str:
        user = await self._users.get(on)
        return "nobody's" if user is None else f"{user.name}'s"


@dataclass
class Page:
    """A page of a browser. of: its session."""

    users: UsersClient
    desk: DeskClient
    drafts: SandboxedKeyValueStoreClient
    transport: PageTransport
    of: Session

    async def shows(self) -> tuple[User | None, str]:
        """What it reads: at `Users`, and of what is made from that elsewhere."""
        return await self.users.get(), await self.desk.some(1)


class Site:
    """Users on one host, a desk on another; and two gateways to both."""

    def __init__(self, world: World, users: UsersOf, doors: tuple[Door, Door]) -> None:
        self.world = world
        self.users = users
        self.doors = doors

    async def page(self, door: int, cookie: str = "") -> Page:
        """A browser's page, at one of the gateways."""
        host, transport = await self.world.page(self.doors[door], cookie=cookie)
        session = session_of(self.doors[door].gateway, transport.cookie)
        assert session is not None
        users, desk = host.client(UsersClient), host.client(DeskClient)
        drafts = host.client(SandboxedKeyValueStoreClient)
        return Page(users, desk, drafts, transport, session)

    async def signed_in(self, door: int, user: User) -> Page:
        """One of a browser by which somebody is signed in."""
        page = await self.page(door)
        await self.users.sign_in(page.of, user)
        return page


async def site(world: World) -> Site:
    """Nobody is signed in."""
    host = await world.host(principal="shop", gateways=["web"])
    store = KeyValueStoreInMemory()
    users = UsersOf(store)
    await host.serve(store)
    await host.serve(users)
    other = await world.host(principal="shop", gateways=["web"])
    await other.serve(UsersDesk(UsersOf(other.client(KeyValueStoreClient))))
    first = await world.door(EVERYTHING, principal="web")
    return Site(world, users, (first, await world.door(EVERYTHING, principal="web")))


def session_of(gateway: Gateway, cookie: str) -> Session | None:
    """Whose a cookie is, to a gateway."""
    scope: dict[str, Any] = {"type": "http", "headers": [(b"cookie", cookie.encode())]}
    return gateway.session(Request(scope))


async def test_W1_signing_out_everywhere_reaches_every_page_at_every_gateway(world: World) -> None:
    """And what was made of it in other services; and nobody else."""
    at = await site(world)
    phone, laptop, bobs = [
        await at.signed_in(door, user) for door, user in ((0, ANN), (1, ANN), (1, BOB))
    ]
    second = await at.page(1, phone.transport.cookie)
    pages = (phone, laptop, second)
    watched = [each.desk.changes.some(1) for each in pages]
    known = [each.users.changes.get() for each in pages]
    for changes in watched:
        await until_value(changes, "Ann's")
    for users in known:
        await until_value(users, ANN)
    assert await bobs.shows() == (BOB, "Bob's")
    await laptop.users.sign_out_everywhere()
    assert await laptop.shows() == (None, "nobody's")
    for changes in watched:
        await until_value(changes, "nobody's")
    for users in known:
        await until_value(users, None)
    assert await bobs.shows() == (BOB, "Bob's")


async def test_W1_one_session_is_signed_out_by_another_one(world: World) -> None:
    """Of the same user, at another gateway; a stranger's key does nothing."""
    at = await site(world)
    phone, laptop, bobs = [
        await at.signed_in(door, user) for door, user in ((0, ANN), (1, ANN), (1, BOB))
    ]
    changes = phone.desk.changes.some(1)
    await until_value(changes, "Ann's")
    (key,) = [each.key for each in await laptop.users.sessions() if not each.current]
    await bobs.users.sign_out(key)
    assert await phone.shows() == (ANN, "Ann's")
    await laptop.users.sign_out(key)
    await until_value(changes, "nobody's")
    assert await phone.shows() == (None, "nobody's")
    assert await laptop.shows() == (ANN, "Ann's")
    assert [each.current for each in await laptop.users.sessions()] == [True]


async def test_W1_a_stolen_cookie_is_worth_nothing_after_signing_out_everywhere(
    world: World,
) -> None:
    """By a request or a page, at any gateway; nobody is signed in by it ever again."""
    at = await site(world)
    phone = await at.signed_in(0, ANN)
    stolen = phone.transport.cookie
    thief = await at.page(1, stolen)
    assert await thief.shows() == (ANN, "Ann's")
    await phone.users.sign_out_everywhere()
    changes = thief.users.changes.get()
    await until_value(changes, None)
    again = await at.page(0, stolen)
    assert again.of == phone.of and await again.shows() == (None, "nobody's")
    async with httpx.AsyncClient(headers={"Cookie": stolen}) as http:
        for door in at.doors:
            url = f"{door.at.http}/fusion"
            assert (await http.post(f"{url}/users.get", json=[])).json() is None
            assert (await http.post(f"{url}/users.sessions", json=[])).json() == []
            assert (await http.post(f"{url}/desk.some", json=[1])).json() == "nobody's"
    with pytest.raises(SessionUsed):
        await at.users.sign_in(again.of, ANN)


async def test_W1_nobody_is_signed_in_by_what_they_made_up(world: World) -> None:
    """Forged cookies, sessions and keys as arguments, signing in as a page."""
    at = await site(world)
    phone = await at.signed_in(0, ANN)
    name, _, value = phone.transport.cookie.partition("=")
    id, _, code = value.partition(".")
    for forged in (phone.of.id, id, f"{id}.{'0' * len(code)}", f"{'0' * len(id)}.{code}", "*", ""):
        page = await at.world.page(at.doors[1], cookie=f"{name}={forged}")
        assert await page[0].client(UsersClient).get() is None
        await at.world.leave(page[0])
    async with httpx.AsyncClient() as http:
        url = f"{at.doors[0].at.http}/fusion/users"
        for arguments in ([phone.of.id], {"session": phone.of.id}, {"session": {"id": "x"}}):
            assert (await http.post(f"{url}.get", json=arguments)).status_code == 400
            told = await http.post(f"{url}.sign_out_everywhere", json=arguments)
            assert told.status_code == 400
        user = {"id": ANN.id, "name": ANN.name}
        assert (await http.post(f"{url}.sign_in", json=[phone.of.id, user])).status_code == 404
        store = f"{at.doors[0].at.http}/fusion/key_value_store"
        assert (await http.post(f"{store}.list", json=[])).status_code == 404
    assert await phone.shows() == (ANN, "Ann's")


async def test_W1_who_signs_in_comes_back_as_somebody(world: World) -> None:
    """By another session than before; the pages that the browser had are let go."""
    host = await world.host(principal="shop")
    users = UsersOf(KeyValueStoreInMemory())
    await host.serve(users)
    gateway = Gateway(host, [UsersClient])

    async def sign_in(request: Request) -> Response:
        response = JSONResponse(None)
        await users.sign_in(gateway.renew(request, response), ANN, "a test")
        return response

    routes = [Mount("/fusion", gateway), Route("/sign-in", sign_in, methods=["POST"])]
    async with served(Starlette(routes=routes)) as at, httpx.AsyncClient() as http:
        page, transport = await world.page(Door(host, gateway, at))
        client = page.client(UsersClient)
        assert await client.get() is None
        before = session_of(gateway, transport.cookie)
        told = await http.post(f"{at.http}/sign-in", headers={"Cookie": transport.cookie})
        await until(lambda: transport.codes == [Code.RENEWED])
        transport.cookie = told.headers["set-cookie"].partition(";")[0]
        await until_value(client.changes.get(), ANN)
        assert [each.device for each in await client.sessions()] == ["a test"]
        assert before is not None and await users.get(before) is None
        await world.leave(page)


@asynccontextmanager
async def ending(world: World) -> AsyncIterator[Site]:
    """Users and drafts, and two gateways that know which sessions are over."""
    host = await world.host(principal="shop", gateways=["web"])
    store = KeyValueStoreInMemory()
    users = UsersOf(store)
    for service in (store, users, SandboxedKeyValueStoreOf(store), Desk()):
        await host.serve(service)
    async with AsyncExitStack() as exits:
        doors = []
        for _ in range(2):
            host = await world.host(principal="web")
            ended = UsersOf(host.client(KeyValueStoreClient)).ended
            gateway = Gateway(host, EVERYTHING, secret="of all gateways", ended=ended)
            app = Starlette(routes=[Mount("/fusion", gateway)])
            doors.append(Door(host, gateway, await exits.enter_async_context(served(app))))
        yield Site(world, users, (doors[0], doors[1]))
        await world.close_pages()
        await until(lambda: "fusion session" not in {each.get_name() for each in all_tasks()})


async def test_W1_nothing_of_a_session_outlives_it(world: World) -> None:
    """Not even what was made of the session alone: its pages get other ones, at each gateway, and
    so does whoever shows its cookie later; others keep theirs."""
    async with ending(world) as at:
        phone, laptop, bobs = [
            await at.signed_in(door, user) for door, user in ((0, ANN), (1, ANN), (1, BOB))
        ]
        stolen = phone.transport.cookie
        for page in (phone, laptop, bobs):
            await page.drafts.set(*DRAFT, "mine")
        changes = phone.drafts.changes.get(*DRAFT)
        await until_value(changes, "mine")
        await laptop.users.sign_out_everywhere()
        await until_value(changes, None)
        await until(lambda: phone.transport.codes == laptop.transport.codes == [Code.RENEWED])
        assert await laptop.drafts.get(*DRAFT) is None
        assert phone.transport.cookie != stolen
        async with httpx.AsyncClient() as http:
            for door in at.doors:
                url = f"{door.at.http}/fusion/sandboxed_key_value_store.get"
                http.cookies.clear()
                told = await http.post(url, json=["session", "draft"], headers={"Cookie": stolen})
                assert told.json() is None and "set-cookie" in told.headers
        thief = await at.page(1, stolen)
        assert thief.of != phone.of and await thief.drafts.get(*DRAFT) is None
        assert await bobs.drafts.get(*DRAFT) == "mine" and not bobs.transport.codes
