"""What is left of pages that have gone: nothing (W11)."""

from __future__ import annotations

import asyncio
import gc

import pytest
from shop.generated.carts import CartsClient
from websockets.exceptions import ConnectionClosed

from fusionrt.web.page import Page
from fusionrt.web.taken import _Taken
from fusionrt.wire.frames import KeepAlive
from tests.sizes import size
from tests.waiting import until

from .raw import raw
from .world import Door, World


def left(door: Door) -> tuple[int, ...]:
    """Pages, sessions, results that are held, calls and streams that run."""
    statistics = door.gateway.statistics()
    services = statistics.services.values()
    sessions = [session for each in services for session in each.sessions]
    return (
        statistics.pages,
        statistics.waiting,
        len(sessions),
        sum(each.held for each in services),
        sum(session.running + session.deadlines for session in sessions),
        sum(len(each.principals) + each.streams for each in services),
    )


def sockets() -> list[object]:
    """Those of pages that something refers to."""
    gc.collect()
    return [each for each in gc.get_objects() if type(each) in (Page, _Taken)]


@pytest.mark.search
async def test_W11_pages_that_went_leave_nothing(quick: World) -> None:
    """They said goodbye, or broke off in the middle of what they did: after the lease there is no
    session, task or timer of theirs, and no registration at the hosts that they read from."""
    await quick.shop()
    door = await quick.door()
    before: set[asyncio.Task[object]] = set()

    async def visit(number: int) -> None:
        page, transport = await quick.page(door)
        changes = page.client(CartsClient).changes.total("1")
        assert (await anext(changes)).value == 11
        if number % 2:
            transport.vanish()
            transport.cut()
            await transport.stopped()
        await quick.leave(page)

    await visit(0)
    await until(lambda: left(door) == (0,) * 6)
    before = asyncio.all_tasks()
    for first in range(0, size(30, 300, 10_000), 10):
        await asyncio.gather(*map(visit, range(first, first + 10)))
    await until(lambda: left(door) == (0,) * 6)
    await until(lambda: len(asyncio.all_tasks()) <= len(before))
    await until(lambda: not any(each.held for each in door.peers("carts")))
    await until(lambda: not sockets())  # nor does a timer have one


@pytest.mark.parametrize("relayed", [False, True])
async def test_W11_a_page_that_its_browser_closes_is_forgotten(relayed: bool, world: World) -> None:
    """Soon, though it said no last word; not one that broke off, nor one that is back at once."""
    world.relayed = relayed
    await world.shop()
    door = await world.door()
    async with raw(door.ws) as closed, raw(door.ws) as broken, raw(door.ws) as page:
        for each in (closed, broken, page):
            proof = await each.welcomed()
            await each.say(KeepAlive(1, 0, 0), proof=proof, last=1)
            await each.hear()
        cookie = page.cookie
        broken.socket.transport.abort()
        await page.socket.close(1001)
        async with raw(door.ws, cookie) as again:
            await again.say(KeepAlive(2, 0, 0), proof=proof, last=1)
            await again.hear()
            await closed.socket.close(1001)
            await until(lambda: len(door.gateway.statistics().services["products"].sessions) == 2)
            await again.say(KeepAlive(3, 0, 0), proof=proof, last=1)
            assert (await again.hear()).proof == proof


async def test_W11_a_socket_that_says_nothing_leaves_nothing(quick: World) -> None:
    """Nor one that breaks off in a hello."""
    await quick.shop()
    door = await quick.door()
    async with raw(door.ws) as silent, raw(door.ws) as greeting:
        assert silent.cookie != greeting.cookie
        await greeting.welcomed()
        await until(lambda: door.gateway.statistics().pages == 2)
    await until(lambda: left(door) == (0,) * 6)
    with pytest.raises(ConnectionClosed):
        await silent.socket.recv()
