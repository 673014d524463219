"""Calls by requests: curl, and networks that let no WebSocket through."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from shop.generated.carts import CartsClient
from shop.generated.products import ProductsClient

from tests.conformance.generated.kit import KitClient
from tests.conformance.kit import KitHere
from tests.waiting import until

from .world import Door, World


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    """What makes the requests."""
    async with httpx.AsyncClient(timeout=10) as http:
        yield http


class Post:
    """Requests to one gateway. headers: of each."""

    def __init__(self, http: httpx.AsyncClient, door: Door) -> None:
        self._http = http
        self._url = f"{door.at.http}/fusion"

    async def __call__(self, call: str, arguments: Any, **headers: str) -> tuple[int, Any]:
        """Status and body."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        answer = await self._http.post(f"{self._url}/{call}", json=arguments, headers=named)
        return answer.status_code, answer.json()


@pytest.fixture
async def shop(world: World, http: httpx.AsyncClient) -> Post:
    """A gateway to the shop."""
    await world.shop()
    return Post(http, await world.door())


@pytest.fixture
async def kit(world: World, http: httpx.AsyncClient) -> tuple[Post, KitHere]:
    """A gateway to a service with every kind of method."""
    here = KitHere()
    await (await world.host()).serve(here)
    return Post(http, await world.door([KitClient])), here


async def test_a_call_by_array_and_by_object(shop: Post) -> None:
    """Arguments by place or by name; the answer is the result, as JSON."""
    assert await shop("products.get", ["pen"]) == (200, {"id": "pen", "price": "2"})
    assert await shop("products.get", {"id": "hat"}) == (200, None)
    assert await shop("carts.total", ["1"]) == (200, "11")


async def test_W5_a_command_is_seen_by_the_next_call(shop: Post) -> None:
    """Of the same gateway, in another service."""
    for price in range(1, 20):
        told = {"id": "pen", "price": str(price)}
        assert await shop("products.set_price", told) == (200, told)
        assert await shop("carts.total", ["1"]) == (200, str(3 * price + 5))


async def test_defaults_and_keyword_only_parameters(kit: tuple[Post, KitHere]) -> None:
    """What has a default may be left out, and is given by name."""
    post, _ = kit
    assert await post("kit.echo_default", ["x"]) == (200, "xs")
    assert await post("kit.echo_default", {"text": "x", "times": 2}) == (200, "xsxs")
    assert await post("kit.echo_default", ["x", "l", 3]) == (200, "xlxlxl")


@pytest.mark.parametrize(
    ("call", "arguments", "headers", "status", "code"),
    [
        ("products.get", [], {}, 400, "bad_arguments"),
        ("products.get", [1], {}, 400, "bad_arguments"),
        ("products.get", ["a", "b"], {}, 400, "bad_arguments"),
        ("products.get", {"id": "a", "b": 1}, {}, 400, "bad_arguments"),
        ("products.get", "pen", {}, 400, "bad_arguments"),
        ("products.get", ["pen"], {"Fusion_Timeout": "soon"}, 400, "bad_request"),
        ("products.get", ["pen"], {"Fusion_Timeout": "-1"}, 400, "bad_request"),
        ("products.get", ["pen"], {"Fusion_Timeout": "nan"}, 400, "bad_request"),
        ("products.get", ["pen"], {"Content_Type": "text/plain"}, 415, "unsupported"),
        ("products.get", ["p" * 2_000_000], {}, 413, "arguments_too_large"),
        ("products.steal", ["pen"], {}, 404, "unknown_method"),
        ("products.__class__", [], {}, 404, "unknown_method"),
        ("clock.now", [], {}, 404, "unknown_method"),
        ("products.set_price", ["hat", "1"], {}, 422, "declared"),
        ("products.set_price", ["pen", "1"], {"Idempotency_Key": ""}, 400, "bad_arguments"),
    ],
)
async def test_what_fails_says_why(
    shop: Post, call: str, arguments: Any, headers: dict[str, str], status: int, code: str
) -> None:
    """By a status, a code and a sentence (W2, D21)."""
    got, body = await shop(call, arguments, **headers)
    assert (got, body["error"]["code"]) == (status, code) and body["error"]["message"]
    assert body["error"].get("type") == ("UnknownProduct" if code == "declared" else None)


async def test_D21_no_text_of_an_internal_error_is_told(kit: tuple[Post, KitHere]) -> None:
    """A reference to the log of the service's host."""
    post, _ = kit
    status, body = await post("kit.trouble", ["undeclared"])
    assert (status, body["error"]["code"]) == (500, "internal")
    assert "logged it as" in body["error"]["message"] and "12345" not in str(body)


async def test_a_stream_needs_a_socket(kit: tuple[Post, KitHere]) -> None:
    """Whatever streams, in either direction, says so."""
    post, _ = kit
    for call in ("kit.count", "kit.total", "kit.open"):
        status, body = await post(call, [1])
        assert (status, body["error"]["code"]) == (400, "bad_request")


async def test_D19_a_call_ends_with_its_time_and_with_its_request(
    kit: tuple[Post, KitHere], http: httpx.AsyncClient
) -> None:
    """It is cancelled on the host that runs it."""
    post, here = kit
    status, body = await post("kit.wait", [], Fusion_Timeout="1")
    assert (status, body["error"]["code"]) == (504, "timeout")
    await until(lambda: here.left == 1)
    with pytest.raises(httpx.ReadTimeout):
        await http.post(f"{post._url}/kit.wait", json=[], timeout=1.0)
    await until(lambda: here.left == 2)


async def test_O13_a_command_with_a_key_runs_once(world: World, http: httpx.AsyncClient) -> None:
    """The same key, the same command, the same answer; through another gateway, too."""
    here = KitHere()
    await (await world.host()).serve(here)
    first, second = [Post(http, await world.door([KitClient])) for _ in range(2)]
    assert await first("kit.put", ["a", 1], Idempotency_Key="k") == (200, 1)
    assert await first("kit.put", ["a", 2], Idempotency_Key="k") == (200, 1)
    assert await second("kit.put", ["a", 3], Idempotency_Key="k") == (200, 1)
    assert await second("kit.put", ["a", 4], Idempotency_Key="l") == (200, 4)
    assert here.data == {"a": 4}


async def test_a_gateway_without_its_host_says_so(http: httpx.AsyncClient, world: World) -> None:
    """Before it is entered, after it was left, and while it drains; to balancers as well."""
    await world.shop()
    door = await world.door([ProductsClient, CartsClient])

    async def statuses() -> tuple[int, int]:
        fusion = f"{door.at.http}/fusion"
        called = await http.post(f"{fusion}/products.get", json=["pen"])
        return called.status_code, (await http.get(f"{fusion}/ready")).status_code

    assert await statuses() == (200, 200)
    await door.host.__aexit__(None, None, None)
    assert await statuses() == (503, 503)
    await door.host.__aenter__()
    assert await statuses() == (200, 200)
    await door.gateway.drain()
    assert await statuses() == (503, 503)


async def test_D26_a_gateway_that_cannot_reach_its_services_is_not_ready(
    http: httpx.AsyncClient, world: World
) -> None:
    """It says which, until somebody serves them."""
    door = await world.door([ProductsClient])
    url = f"{door.at.http}/fusion"
    called = await http.post(f"{url}/products.get", json=["pen"], headers={"Fusion-Timeout": "9"})
    assert called.status_code == 503 and called.json()["error"]["code"] == "unavailable"
    ready = await http.get(f"{url}/ready")
    assert (ready.status_code, ready.text) == (503, "no host serves products")
