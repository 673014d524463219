"""The bytes of a result are made once for all who ask for it."""

from __future__ import annotations

import asyncio
from decimal import Decimal

import pytest
from shop.contracts import Product
from shop.generated.products import ProductsClient
from shop.services import ProductsInMemory

from fusionrt import Host
from fusionrt.remote import payloads
from fusionrt.remote.payloads import Payloads
from fusionrt.testing import run
from fusionrt.transport.memory import MemoryNetwork
from fusionrt.wire.frames import Encoding


def test_a_result_is_encoded_once_for_all_clients(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each has its value, and after a change the new one: that is another result."""
    made: list[bytes] = []
    add = Payloads.add

    def noted(self: Payloads, version: int, encoding: Encoding, payload: bytes) -> None:
        made.append(payload)
        add(self, version, encoding, payload)

    monkeypatch.setattr(Payloads, "add", noted)

    async def scenario() -> None:
        network = MemoryNetwork()
        serving = Host(transport=network.connect("serving"))
        one, two = (Host(transport=network.connect(name)) for name in ("one", "two"))
        async with one, two, serving:
            products = ProductsInMemory({"p": Product("p", Decimal(1))})
            await serving.serve(products)
            clients = [host.client(ProductsClient) for host in (one, two)]
            for price, count in (1, 1), (7, 2):
                for client in clients:
                    found = await client.get("p")
                    assert found is not None and found.price == price
                assert len(made) == len(set(made)) == count
                await products.set_price("p", Decimal(7))
                await asyncio.sleep(1.0)  # of virtual time, in which both hear of it

    run(scenario(), seed=1)


def test_each_encoding_has_its_own_bytes() -> None:
    """And each result."""
    known = Payloads()
    known.add(1, Encoding.MSGPACK, b"packed")
    known.add(1, Encoding.JSON, b"json")
    assert known.find(1, Encoding.MSGPACK) == b"packed"
    assert known.find(1, Encoding.JSON) == b"json"
    assert known.find(1, Encoding.SHOWN) is known.find(2, Encoding.JSON) is None


@pytest.mark.parametrize("length", [0, 1000, payloads.MOST])
def test_what_is_kept_is_bounded(length: int) -> None:
    """However many results there are, and however large: the last one is there."""
    known, payload = Payloads(), bytes(length)
    most = 0
    for version in range(3000):
        known.add(version, Encoding.MSGPACK, payload)
        assert known.find(version, Encoding.MSGPACK) is payload
        most = max(most, sum(known.find(each, Encoding.MSGPACK) is payload for each in range(3000)))
        if version > 2 * most:
            break
    assert most * (length + payloads.EACH) <= payloads.MOST + 2 * (length + payloads.EACH)
