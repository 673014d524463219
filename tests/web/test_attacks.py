"""Pages that mean no good, over real sockets: they are refused, and nobody else notices."""

from __future__ import annotations

import asyncio
import logging
import random
import socket
from collections.abc import AsyncIterator
from decimal import Decimal

import httpx
import pytest
from shop.generated.products import ProductsClient
from websockets.exceptions import ConnectionClosed, InvalidStatus

from fusionrt import Overloaded
from fusionrt.web import PageLimits
from fusionrt.web.limits import LARGEST
from fusionrt.web.page import Code, framed
from fusionrt.wire.envelopes import encode_client_envelope
from fusionrt.wire.frames import VERSION, Bye, Hello, KeepAlive, Rejected
from tests.lab import LabClient, TinyLab
from tests.sizes import size
from tests.waiting import until
from tests.wire.frame_samples import CLIENT

from .raw import GEN, raw
from .world import Door, World


@pytest.fixture(params=["taken over", "relayed"], autouse=True)
def relayed(world: World, request: pytest.FixtureRequest) -> None:
    """Whatever server a gateway is on, it holds."""
    world.relayed = request.param == "relayed"


@pytest.fixture
async def door(world: World) -> AsyncIterator[Door]:
    """A gateway to the shop, which still answers honest pages at the end."""
    await world.shop()
    door = await world.door()
    yield door
    page, _ = await world.page(door)
    assert await page.client(ProductsClient).get("pen") is not None


def sessions(door: Door) -> int:
    """How many there are."""
    services = door.gateway.statistics().services.values()
    return sum(len(each.sessions) for each in services)


async def refused(url: str, **headers: str) -> int:
    """With which status a socket is refused."""
    with pytest.raises(InvalidStatus) as problem:
        async with raw(url, **headers):
            pass
    return problem.value.response.status_code


@pytest.mark.parametrize(
    "origin",
    ["https://evil.example", "null", "http://127.0.0.1", "http://[", "http://127.0.0.1.evil:80"],
)
async def test_W8_a_foreign_origin_is_refused(world: World, door: Door, origin: str) -> None:
    """Before anything is registered; by a request, too."""
    assert await refused(door.ws, Origin=origin) == 403
    async with httpx.AsyncClient(base_url=f"{door.at.http}/fusion") as http:
        headers = {"Origin": origin}
        posted = await http.post("/products.set_price", json=["pen", "0"], headers=headers)
    assert (posted.status_code, posted.headers.get("set-cookie")) == (403, None)
    assert world.products.products["pen"].price == 2
    assert door.gateway.statistics().pages == 0 and sessions(door) == 0


async def test_W9_pages_that_are_refused_do_not_fill_the_log(
    door: Door, caplog: pytest.LogCaptureFixture
) -> None:
    """Whoever asks again and again costs one line in a while."""
    for number in range(20):
        assert await refused(door.ws, Origin=f"https://{number}.example") == 403
    assert len([each for each in caplog.records if "was refused" in each.getMessage()]) == 1


async def test_W8_one_s_own_origin_and_those_that_are_listed_may(world: World) -> None:
    """In whatever case they are written."""
    await world.shop()
    door = await world.door(origins=["https://App.example/"])
    for origin in (door.at.http, "https://app.example"):
        async with raw(door.ws, Origin=origin) as page:
            assert await page.welcomed()
    assert await refused(door.ws, Origin="https://app.example:8443") == 403


async def test_W8_a_session_goes_on_for_its_browser_only(door: Door) -> None:
    """Whoever has read everything that a page said and heard, but not its cookie, gets nothing:
    neither an answer of its session nor one of its own by its proof."""
    async with raw(door.ws) as page:
        proof = await page.welcomed()
        await page.say(KeepAlive(1, 0, 0), proof=proof, last=1)
        await page.hear()
        for cookie in ("", "fusion_session=x", f"fusion_session={'0' * 48}.{'0' * 32}"):
            async with raw(door.ws, cookie) as thief:
                await thief.say(KeepAlive(2, 0, 0), proof=proof, last=1)
                await thief.say(Bye(), proof=proof, last=1)
                assert await thief.welcomed() != proof
        services = door.gateway.statistics().services["products"]
        assert (services.forged, len(services.sessions)) == (6, 1)
        await page.say(KeepAlive(2, 0, 0), proof=proof, last=1)
        await page.hear()


async def test_W8_a_browser_comes_back_to_its_session(door: Door) -> None:
    """By its cookie and its proof, on another socket; the older one is closed."""
    async with raw(door.ws) as page:
        proof = await page.welcomed()
        await page.say(KeepAlive(1, 0, 0), proof=proof, last=1)
        await page.hear()
        async with raw(door.ws, page.cookie) as again:
            assert again.cookie == ""
            await again.say(KeepAlive(2, 0, 0), proof=proof, last=1)
            assert (await again.hear()).proof == proof
            assert await page.code() == Code.REPLACED
    assert sessions(door) == 1


async def test_W8_a_session_that_is_over_is_not_replayed(door: Door) -> None:
    """What was said before opens nothing."""
    async with raw(door.ws) as page:
        proof = await page.welcomed()
        await page.say(KeepAlive(1, 0, 0), proof=proof, last=1)
        await page.hear()
        await page.say(Bye(), proof=proof, last=1)
        await until(lambda: not sessions(door))
        await page.say(KeepAlive(1, 0, 0), proof=proof, last=1)
        assert isinstance((await page.hear()).frames[0], Rejected)
    assert sessions(door) == 0


async def test_W1_a_page_cannot_say_who_it_is(door: Door) -> None:
    """Whatever principal it claims, it is that of its cookie."""
    async with raw(door.ws) as page:
        await page.say(Hello(1, VERSION), principal="shop")
        proof = (await page.hear()).proof
        await page.say(KeepAlive(1, 0, 0), principal="console", proof=proof, last=1)
        await page.hear()
        (session,) = door.gateway.statistics().services["products"].sessions
        assert session.principal.startswith("page-")


async def test_W2_no_name_of_a_service_reaches_another_one(door: Door) -> None:
    """Nor does any service that the gateway was not given, by whatever name."""
    async with raw(door.ws) as page:
        for service in ("clock", "Products", "products.1", "*", ">", "products ", ""):
            await page.say(Hello(1, VERSION), service=service)
            assert isinstance((await page.hear()).frames[0], Rejected)
    assert sessions(door) == 0


@pytest.mark.parametrize(
    "message", ["text", b"", b"\x00", b"\x05prod", b"\x01\xffx", b"\x08products\xc1"]
)
async def test_W9_what_cannot_be_read_closes_the_page(door: Door, message: str | bytes) -> None:
    """With a code that says so; a reliable connection damages nothing by itself."""
    async with raw(door.ws) as page:
        await page.socket.send(message)
        assert await page.code() == Code.UNREADABLE
    assert door.gateway.statistics().closed == {"unreadable": 1}


async def test_W9_a_page_is_one_client(door: Door) -> None:
    """A second name on one socket closes it: nobody can fill a gateway with names."""
    async with raw(door.ws) as page:
        await page.welcomed("c1")
        await page.say(Hello(1, VERSION), cid="c2")
        assert await page.code() == Code.UNREADABLE


async def test_W9_a_message_that_is_too_large_closes_the_page(door: Door) -> None:
    """With a code that says so: ours, or, where the socket does not even read it, that of the
    WebSocket protocol.
    """
    for length, code in (LARGEST + 512, Code.TOO_LARGE), (2 * LARGEST, 1009):
        async with raw(door.ws) as page:
            await page.socket.send(bytes(length))
            assert await page.code() == code


async def test_W9_a_page_that_floods_is_closed(world: World) -> None:
    """With a code that says so; an honest one on the same gateway goes on meanwhile."""
    await world.shop()
    door = await world.door(limits=PageLimits(messages=100))
    page, transport = await world.page(door)
    products = page.client(ProductsClient)
    assert await products.get("pen") is not None
    async with raw(door.ws) as flood:
        hearing = asyncio.create_task(flood.code())
        with pytest.raises(ConnectionClosed):
            while True:
                await flood.say(Hello(1, VERSION))
                await asyncio.sleep(0)
        assert await hearing == Code.FLOODING
    assert await products.set_price("pen", Decimal(7)) and not transport.codes


async def test_W9_a_browser_has_so_many_pages(world: World) -> None:
    """One more is closed with a code that says why; another browser's is not."""
    await world.shop()
    door = await world.door(limits=PageLimits(own_pages=2))
    async with raw(door.ws) as first, raw(door.ws, first.cookie) as second:
        assert await first.welcomed("c1") and await second.welcomed("c2")
        async with raw(door.ws, first.cookie) as third:
            assert await third.code() == Code.FULL
        async with raw(door.ws) as other:
            assert await other.welcomed("c3")


async def test_W9_all_browsers_have_so_many_pages(world: World) -> None:
    """The next one comes in when one of them has left."""
    await world.shop()
    door = await world.door(limits=PageLimits(pages=1))
    async with raw(door.ws), raw(door.ws) as second:
        assert await second.code() == Code.FULL
    await until(lambda: not door.gateway.statistics().pages)
    async with raw(door.ws) as third:
        assert await third.welcomed()


async def test_W9_a_browser_has_so_many_calls_streams_and_results(world: World) -> None:
    """Over all its pages; beyond that it is refused, or its oldest result is stale. Another browser
    on the same gateway notices nothing.
    """
    lab = TinyLab({"a": 1})
    await (await world.host()).serve(lab)
    door = await world.door([LabClient], limits=PageLimits(calls=2, streams=2, held=4))
    first, transport = await world.page(door)
    second, _ = await world.page(door, cookie=transport.cookie)
    other, _ = await world.page(door)
    one, two, honest = (each.client(LabClient) for each in (first, second, other))
    waiting = [asyncio.create_task(each.wait()) for each in (one, two)]
    await until(lambda: lab.waiting == 2)
    for call in (one.echo("x"), two.put("a", 2)):
        with pytest.raises(Overloaded):
            await call
    assert await honest.echo("x") == "x" and "put a" not in lab.ran
    lab.gate.set()
    await asyncio.gather(*waiting)
    streams = [each.blobs(1) for each in (one, two)]
    for stream in streams:
        await anext(stream)
    with pytest.raises(Overloaded):
        await anext(one.blobs(1))
    assert await anext(honest.blobs(1)) == b"\x00"
    kept = await honest.computed.get("a")
    oldest = await one.computed.get("0")
    for number in range(1, 4):
        await one.get(str(number))
    await oldest.invalidated()
    assert kept.is_consistent and not transport.codes


@pytest.mark.parametrize("patience", [0.3, 30.0])
async def test_W9_a_page_that_never_reads_costs_bounded_memory(
    world: World, patience: float
) -> None:
    """It asks for ever more and reads nothing; others are answered meanwhile. In the end it is
    closed; whether or not it was, it lacks nothing once it reads again."""
    await (await world.host()).serve(TinyLab())
    limits = PageLimits(waiting=300_000, patience=patience, bytes=64 * 1024 * 1024)
    door = await world.door([LabClient], limits=limits)
    (page, _), (deaf, transport) = await world.page(door), await world.page(door)
    lab, honest = deaf.client(LabClient), page.client(LabClient)
    assert await lab.echo("x") == await honest.echo("x") == "x"
    wire = transport.sockets[0].transport
    wire.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
    wire.pause_reading()
    blobs = [asyncio.ensure_future(lab.blob(200_000 + n)) for n in range(60)]
    await until(lambda: door.gateway.statistics().lost > 20)
    assert 0 < door.gateway.statistics().waiting <= limits.waiting + LARGEST
    assert await honest.echo("y") == "y"
    if patience < 1:
        await until(lambda: door.gateway.statistics().waiting == 0)
    wire.resume_reading()
    assert [len(await blob) for blob in blobs] == [200_000 + n for n in range(60)]
    slow = patience < 1
    await until(lambda: door.gateway.statistics().closed == ({"slow": 1} if slow else {}))
    assert transport.codes == ([Code.SLOW] if slow else [])


def _fuzz(rng: random.Random, proof: bytes) -> bytes:
    """A message that is nearly one."""
    last = rng.choice((0, 1, 2))
    data = bytearray(encode_client_envelope("c1", "p", GEN, last, (rng.choice(CLIENT),), proof))
    for _ in range(rng.choice((0, 1, 1, 2, 5))):
        place = rng.randrange(len(data) or 1)
        match rng.randrange(4):
            case 0:
                data[place : place + 1] = rng.randbytes(1)
            case 1:
                del data[place:]
            case 2:
                data[place:place] = rng.randbytes(rng.randrange(4))
            case 3:
                data[place : place + 1] = data[place - 1 : place]
    return framed(rng.choice(("products", "products", "carts", "clock")), bytes(data))


@pytest.mark.search
async def test_D21_W9_no_bytes_break_a_gateway(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    """A page that is in a session sends ever so many messages that are nearly right; each is
    answered, dropped, or closes it. An honest page notices nothing."""
    await world.shop()
    door = await world.door(limits=PageLimits(messages=1e9))
    honest, transport = await world.page(door)
    rng, most, sent = random.Random(7), size(3_000, 100_000, 1_000_000), 0
    while sent < most:
        async with raw(door.ws) as page:
            proof = await page.welcomed()
            hearing = asyncio.create_task(page.code())
            try:
                while sent < most:
                    await page.socket.send(_fuzz(rng, proof))
                    sent += 1
            except ConnectionClosed:
                assert await hearing in (Code.UNREADABLE, Code.SLOW)
            hearing.cancel()
    assert await honest.client(ProductsClient).set_price("pen", Decimal(9)) and not transport.codes
    assert not [each for each in caplog.records if each.levelno >= logging.ERROR]
