"""Methods that take a `Session`: each browser has one, of which no page can say which (W1)."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route

from fusionrt import RemoteError
from fusionrt.ext import Sandbox, SandboxedKeyValueStoreClient, SandboxedKeyValueStoreOf
from fusionrt.ext.memory import KeyValueStoreInMemory
from fusionrt.interceptors import Call, Next
from fusionrt.web import Gateway
from fusionrt.web.page import Code
from tests.golden.identity.expected.desk import DeskClient
from tests.golden.identity.impl import Desk
from tests.waiting import until

from .page import PageTransport
from .serving import served
from .world import Door, World, until_value

NAME = "sandboxed_key_value_store"


async def store(world: World, gateways: tuple[str, ...] = ("web",)) -> Door:
    """A store with a part for each browser, and a gateway to it."""
    host = await world.host(principal="shop", gateways=gateways)
    everything = KeyValueStoreInMemory()
    await host.serve(everything)
    await host.serve(SandboxedKeyValueStoreOf(everything))
    return await world.door([SandboxedKeyValueStoreClient], principal="web")


async def mine(
    world: World, door: Door, cookie: str = ""
) -> tuple[SandboxedKeyValueStoreClient, PageTransport]:
    """A page's own part."""
    page, transport = await world.page(door, cookie=cookie)
    return page.client(SandboxedKeyValueStoreClient), transport


async def test_W1_no_result_crosses_browsers(world: World) -> None:
    """Two browsers ask for the same, and each reads and watches what is its own."""
    door = await store(world)
    (ann, _), (bob, _) = await mine(world, door), await mine(world, door)
    of_bob = bob.changes.get(Sandbox.SESSION, "theme")
    assert (await anext(of_bob)).value is None
    await ann.set(Sandbox.SESSION, "theme", "dark")
    assert await ann.get(Sandbox.SESSION, "theme") == "dark"
    assert await bob.get(Sandbox.SESSION, "theme") is None
    await bob.set(Sandbox.SESSION, "theme", "light")
    await until_value(of_bob, "light")
    assert await ann.get(Sandbox.SESSION, "theme") == "dark"
    assert await ann.list(Sandbox.SESSION) == ("theme",)


async def test_W1_the_pages_of_one_browser_share_its_session(world: World) -> None:
    """By its cookie, at any gateway; one change is told to both, and read once upstream (W10)."""
    door = await store(world)
    other = await world.door([SandboxedKeyValueStoreClient], principal="web")
    first, transport = await mine(world, door)
    (second, _), (third, _) = [await mine(world, each, transport.cookie) for each in (door, other)]
    watched = [each.changes.get(Sandbox.SESSION, "theme") for each in (first, second, third)]
    for each in watched:
        assert (await anext(each)).value is None
    (held,) = [session.held for session in door.peers(NAME)]
    assert held == 1
    await second.set(Sandbox.SESSION, "theme", "dark")
    for each in watched:
        await until_value(each, "dark")


async def test_W1_a_gateway_s_principal_is_not_its_browsers_(world: World) -> None:
    """What it owns itself, they do not; they are anonymous."""
    door = await store(world)
    own = door.host.client(SandboxedKeyValueStoreClient)
    await own.set(Sandbox.USER, "key", "of the gateway")
    page, _ = await mine(world, door)
    with pytest.raises(Exception, match="anonymous"):
        await page.get(Sandbox.USER, "key")


async def test_W1_only_gateways_speak_for_browsers(world: World) -> None:
    """A host that knows this principal as none refuses, for each kind of call."""
    door = await store(world, gateways=())
    page, _ = await mine(world, door)
    with pytest.raises(RemoteError, match=r"Host\(gateways"):
        await page.get(Sandbox.SESSION, "theme")
    with pytest.raises(RemoteError, match=r"Host\(gateways"):
        await page.set(Sandbox.SESSION, "theme", "dark")


@pytest.mark.parametrize(
    ("principal", "session"),
    [("ann", "page-1"), ("web", "ann.cid"), ("web", ""), ("web", "x" * 101)],
)
async def test_W1_no_process_takes_a_session_by_its_name(
    world: World, principal: str, session: str
) -> None:
    """Neither one that is no gateway, nor a gateway that of another process."""
    await (await world.host(principal="shop", gateways=["web"])).serve(Desk())

    async def claim(call: Call, next: Next) -> object:
        call.headers["fusion-session"] = session
        return await next()

    host = await world.host(principal=principal, client_interceptors=[claim])
    desk = host.client(DeskClient)
    with pytest.raises(RemoteError, match="no gateway"):
        await desk.whoami()
    with pytest.raises(RemoteError, match="no gateway"):
        await desk.some(1)
    with pytest.raises(RemoteError, match="no gateway"):
        [thing async for thing in desk.things()]
    assert await desk.open(1) == "nothing in 1"


async def test_W1_every_kind_of_method_is_told_the_browser(world: World) -> None:
    """Compute methods, commands, plain calls and streams, by place or by name."""
    await (await world.host(principal="shop", gateways=["web"])).serve(Desk())
    door = await world.door([DeskClient], principal="web")
    page, _ = await world.page(door)
    desk = page.client(DeskClient)
    told = await desk.whoami()
    assert told.startswith("anonymous by page-")
    session = told.rpartition(" ")[2]
    assert await desk.put("a pen") == 1
    assert await desk.some(1, tag="pen") == f"{session}: a pen"
    assert [thing async for thing in desk.things()] == ["a pen"]

    async def two() -> AsyncIterator[str]:
        yield "a cup"
        yield "a hat"

    assert await desk.put_all(two()) == 3
    name, things = await desk.named("my ", things=two())
    assert (name, [thing async for thing in things]) == ("anonymous", ["my a cup", "my a hat"])


async def test_W1_a_request_is_its_browser_s(world: World) -> None:
    """By the cookie that the first one set; a session cannot be given as an argument, and a key of
    a command is its browser's."""
    door = await store(world)
    url = f"{door.at.http}/fusion/{NAME}"
    async with httpx.AsyncClient() as ann, httpx.AsyncClient() as bob:
        for browser, value in ((ann, "dark"), (bob, "light")):
            told = await browser.post(
                f"{url}.set",
                json=["session", "theme", value],
                headers={"Idempotency-Key": "1"},
            )
            assert told.status_code == 200, told.text
            cookie = told.headers["set-cookie"].lower()
            assert "httponly" in cookie and "samesite=lax" in cookie
        for browser, value in ((ann, "dark"), (bob, "light")):
            told = await browser.post(f"{url}.get", json=["session", "theme"])
            assert told.json() == value and "set-cookie" not in told.headers
        for arguments in (
            {"session": "page-1", "sandbox": "session", "key": "theme"},
            ["page-1", "x", "session", "theme"],
        ):
            assert (await ann.post(f"{url}.get", json=arguments)).status_code == 400


async def test_W1_a_browser_that_signs_in_has_another_session(world: World) -> None:
    """Its pages come back as that, with nothing of what was before; a session that somebody else
    knew from before is worth nothing."""
    host = await world.host(principal="shop")
    await host.serve(Desk())
    gateway = Gateway(host, [DeskClient])

    async def sign_in(request: Request) -> Response:
        response = JSONResponse(None)
        before = gateway.session(request)
        after = gateway.renew(request, response)
        response.body = response.render([before and before.id, after.id])
        response.headers["content-length"] = str(len(response.body))
        return response

    routes = [Mount("/fusion", gateway), Route("/sign-in", sign_in, methods=["POST"])]
    async with served(Starlette(routes=routes)) as at, httpx.AsyncClient() as http:
        door = Door(host, gateway, at)
        page, transport = await world.page(door)
        desk = page.client(DeskClient)
        before = (await desk.whoami()).rpartition(" ")[2]
        told = await http.post(f"{at.http}/sign-in", headers={"Cookie": transport.cookie})
        assert told.json() == [before, told.json()[1]] and told.json()[1] != before
        await until(lambda: transport.codes == [Code.RENEWED])
        transport.cookie = told.headers["set-cookie"].partition(";")[0]
        assert (await desk.whoami()).rpartition(" ")[2] == told.json()[1]
        assert (await desk.some(1)).startswith(told.json()[1])
        http.cookies.clear()
        assert (await http.post(f"{at.http}/sign-in")).json()[0] is None
        await world.leave(page)


async def test_W1_forged_cookies_are_no_session(world: World) -> None:
    """Whatever a client makes up is answered by a session of its own."""
    door = await store(world)
    gateway = door.gateway
    _, transport = await mine(world, door)
    name, _, value = transport.cookie.partition("=")
    id, _, code = value.partition(".")
    forged = (f"{id}.{'0' * 32}", f"{'0' * 48}.{code}", f"{id}", "", f"{id}.{code}x", ".")
    for each in forged:
        scope = {"type": "http", "headers": [(b"cookie", f"{name}={each}".encode())]}
        assert gateway.session(Request(scope)) is None, each
    scope = {"type": "http", "headers": [(b"cookie", transport.cookie.encode())]}
    assert gateway.session(Request(scope)) is not None
