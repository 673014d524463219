"""A site of several servers: the page of one is told of the others, and may come to them."""

from __future__ import annotations

from functools import partial
from typing import Any

import msgspec
import pytest
from websockets.exceptions import ConnectionClosed

from fusionrt import ArgumentError, Host
from fusionrt.web import Gateway, PageLimits
from fusionrt.web.page import Code, unframed

from .raw import Raw, raw
from .world import World

SERVERS = ["https://One.example/", "https://two.example:8443"]


@pytest.fixture(params=["taken over", "relayed"], autouse=True)
def relayed(world: World, request: pytest.FixtureRequest) -> None:
    """Whatever server a gateway is on, it holds."""
    world.relayed = request.param == "relayed"


async def told(page: Raw) -> list[str]:
    """Of which servers, by the first message, which is no service's."""
    data = await page.socket.recv()
    assert isinstance(data, bytes)
    service, said = unframed(data)
    assert service == ""
    return msgspec.msgpack.decode(said, type=list[str])


async def test_W4_a_page_is_told_of_all_servers_before_anything_else(world: World) -> None:
    """Each page, as often as it comes; then its services answer as ever."""
    await world.shop()
    door = await world.door(servers=SERVERS)
    for _ in range(2):
        async with raw(door.ws) as page:
            assert await told(page) == ["https://one.example", "https://two.example:8443"]
            assert await page.welcomed()


async def test_W8_pages_of_all_servers_may_connect(world: World) -> None:
    """Beside those of other origins, which no page is told of."""
    await world.shop()
    door = await world.door(servers=SERVERS, origins=["https://app.example"])
    for origin in ("https://one.example", "https://two.example:8443", "https://app.example"):
        async with raw(door.ws, Origin=origin) as page:
            assert "https://app.example" not in await told(page)


async def test_W9_a_page_that_is_one_too_many_is_told_of_no_servers(world: World) -> None:
    """It is closed with the code that says why, and with nothing before that."""
    door = await world.door(servers=SERVERS, limits=PageLimits(pages=1))
    async with raw(door.ws) as first, raw(door.ws) as second:
        assert await told(first)
        with pytest.raises(ConnectionClosed):
            await second.socket.recv()
        assert second.socket.close_code == Code.FULL


@pytest.mark.parametrize(
    ("option", "wrong"),
    [
        *(("servers", each) for each in ("https://a.example", ["wss://a.example"], [1])),
        *(("servers", [each]) for each in ("a.example", "http://a.example/fusion", "http://", "")),
        *(("origins", each) for each in ("https://a.example", [1], ["a.example"], ["null"])),
    ],
)
async def test_W8_what_is_no_origin_is_refused_where_it_is_given(option: str, wrong: Any) -> None:
    """It would let nobody in, or lead nowhere."""
    make = partial(Gateway, Host("nats://127.0.0.1:1"), [])
    with pytest.raises(ArgumentError, match=f"{option}: expected origins"):
        make(**{option: wrong})
