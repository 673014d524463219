"""The JavaScript client does what the Python client does: the same cases over a real gateway."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from shop.contracts import Product
from shop.generated.carts import CartsClient
from shop.generated.products import ProductsClient
from shop.services import CartsInMemory, ProductsInMemory
from starlette.applications import Starlette
from starlette.routing import Mount

from fusionrt import Host
from fusionrt.web import Gateway
from tests.conformance.contracts import Size
from tests.conformance.generated.kit import KitClient
from tests.conformance.kit import KitHere
from tests.natsserver import NatsServer
from tests.python import ROOT
from tests.web.serving import served

from .conftest import Generate
from .node import HERE, installed
from .shared import once
from .suite import Suite, names_in

NAMES = ("conformance", "optimistic", "cache", "refused", "kept", "shop", "link", "reading")
CASES = [HERE / f"{name}.test.mjs" for name in NAMES]
PRODUCTS = {"pen": Product("pen", Decimal(2)), "cup": Product("cup", Decimal(5))}


async def _run(kit_js: Path, shop_js: Path, nats: str) -> Suite:
    async with Host(nats) as host, Host(nats) as carts, Host(nats) as entrance:
        await host.serve(KitHere())
        await host.serve(ProductsInMemory(PRODUCTS))
        await carts.serve(CartsInMemory(carts.client(ProductsClient)))
        kit = entrance.client(KitClient)
        seen = [await kit.seen(value) for value in (1, True, 1.0, "1", Decimal(1))]
        at = datetime(2026, 1, 1, tzinfo=UTC)
        seen.append(await kit.seen_as(1.0, Decimal(1), at, Size.SMALL))
        routes = [
            Mount("/fusion", Gateway(entrance, [KitClient])),
            Mount("/shop", Gateway(entrance, [ProductsClient, CartsClient])),
        ]
        async with served(Starlette(routes=routes)) as at_port:
            env = {
                "FUSION_URL": f"{at_port.http}/fusion",
                "FUSION_GENERATED": str(kit_js),
                "FUSION_SHOP_URL": f"{at_port.http}/shop",
                "FUSION_SHOP": str(shop_js),
                "FUSION_SEEN": json.dumps(seen),
            }
            return await Suite.run(CASES, env)


@pytest.fixture(scope="session")
def suite(generate: Generate, tmp_path_factory: pytest.TempPathFactory) -> Suite:
    """The results of all cases, which one of the workers runs."""

    def run(folder: Path) -> None:
        installed()
        server = NatsServer(tmp_path_factory.mktemp("nats"))
        try:
            kit, shop = generate(HERE.parent / "conformance"), generate(ROOT / "examples" / "cart")
            found = asyncio.run(_run(kit, shop, server.url))
        finally:
            server.close()
        found.save(folder / "found.json")

    return Suite.load(once(tmp_path_factory, "cases", run) / "found.json")


@pytest.mark.parametrize("name", [name for each in CASES for name in names_in(each)])
def test_as_in_python(name: str, suite: Suite) -> None:
    """Each case holds in JavaScript."""
    suite.check(name)
