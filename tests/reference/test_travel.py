"""What really travels over NATS is what the AsyncAPI document says."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import msgspec
import nats
import pytest
from jsonschema import Draft7Validator
from nats.aio.msg import Msg
from shop.contracts import Cart, Item, Product, UnknownProduct
from shop.generated.carts import CartsClient
from shop.generated.products import ProductsClient
from shop.services import CartsInMemory, ProductsInMemory

from fusionrt import Host, RemoteError
from tests.waiting import until

from .regenerate import expected

_CALLS, _RESULTS, _FAILURE, _INVALIDATED = 1, 33, 34, 35
_decode = msgspec.msgpack.decode


class Broken(ProductsInMemory):
    """Has a bug."""

    async def put(self, product: Product) -> None:
        raise KeyError(product.id)


async def _talk(url: str) -> list[tuple[str, bytes]]:
    """Everything that two processes say to each other about a price that changes."""
    heard: list[tuple[str, bytes]] = []

    async def hear(message: Msg) -> None:
        heard.append((message.subject, message.data))

    tap = await nats.connect(url)
    await tap.subscribe("fusion.>", cb=hear)
    await tap.flush()
    async with Host(url) as host, Host(url) as other:
        products = Broken({"apple": Product("apple", Decimal(2))})
        await host.serve(products)
        await host.serve(CartsInMemory(products))
        carts, shop = other.client(CartsClient), other.client(ProductsClient)
        await carts.put(Cart("1", (Item("apple", 3),)))
        total = await carts.computed.total("1")
        assert await carts.get("1") is not None and await carts.get("2") is None
        await shop.set_price("apple", Decimal(5))
        await total.invalidated()
        with pytest.raises(UnknownProduct):
            await shop.set_price("cherry", Decimal(1))
        with pytest.raises(RemoteError):
            await shop.put(Product("pear", Decimal(1)))
        await until(lambda: any("fusion.op" in subject for subject, _ in heard))
    await tap.close()
    return heard


def _frames(heard: list[tuple[str, bytes]]) -> Iterator[tuple[str, str, list[Any]]]:
    """Each frame with its service and the kind of its channel, its bytes read."""
    for subject, data in heard:
        _, channel, *rest = subject.split(".")
        service = rest[-1] if channel == "c" else rest[0]
        if channel in ("i", "c"):
            yield from ((service, channel, frame) for frame in _decode(data)[-2])


def _read(frame: list[Any], place: int) -> list[Any]:
    """The frame with the bytes at a place read, as the document describes it; others as base64."""
    read = [*frame]
    if isinstance(read[place], list):
        read[place] = [_decode(each) for each in read[place]]
    elif read[place]:
        read[place] = _decode(read[place])
    return [base64.b64encode(e).decode() if isinstance(e, bytes) else e for e in read]


async def test_every_message_is_valid(nats_server: str) -> None:
    """Calls, results, errors, invalidations, and what hosts tell each other."""
    document = json.loads((expected()["cart"][1] / "asyncapi.json").read_text(encoding="utf-8"))
    messages = document["components"]["messages"]

    def is_valid(name: str, frame: object) -> bool:
        schema = {**messages[name]["payload"], "components": document["components"]}
        return bool(Draft7Validator(schema).is_valid(frame))

    methods = {
        (name.partition(".")[0], message["payload"]["items"][3]["const"]): name[: -len(".calls")]
        for name, message in messages.items()
        if name.endswith(".calls")
    }
    heard = await _talk(nats_server)
    addresses = [channel["address"] for channel in document["channels"].values()]
    subjects = re.compile("|".join(re.sub(r"{\w+}", r"[^.]+", each) for each in addresses))
    assert [subject for subject, _ in heard if not subjects.fullmatch(subject)] == []
    seen: list[str] = []
    for service, channel, frame in _frames(heard):
        if channel == "i" and frame[0] == _CALLS:
            method = methods[service, frame[3]]
            name, shown = f"{method}.calls", _read(frame, 4)
        elif channel == "c" and frame[0] == _RESULTS:
            name, shown = f"{methods[service, frame[1]]}.results", _read(frame, 3)
        elif channel == "c" and frame[0] == _FAILURE:
            name, shown = f"{service}.failure", _read(frame, 4)
        elif channel == "c" and frame[0] == _INVALIDATED:
            name, shown = f"{service}.invalidated", frame
        else:
            continue
        assert is_valid(name, shown), (name, shown)
        assert not is_valid(name, [99, *shown[1:]])
        seen.append(name)
    assert {
        *("carts.put.calls", "carts.put.results", "carts.total.calls", "carts.total.results"),
        *("carts.get.results", "carts.invalidated", "products.set_price.results"),
        "products.failure",
    } <= set(seen)
    told, *rest = next(_decode(d) for s, d in heard if s == "fusion.op.products")
    *who, keys, _ = told
    encoded = [[*named, [base64.b64encode(a).decode() for a in given]] for *named, given in keys]
    assert is_valid("products.operation", [[*who, encoded], *rest])
