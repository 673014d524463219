"""A gateway that stops, under a page in Node.js."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

from starlette.applications import Starlette
from starlette.routing import Mount

from fusionrt import Host
from fusionrt.web import Gateway
from tests.conformance.generated.kit import KitClient
from tests.conformance.kit import KitHere
from tests.web.serving import served

from .conftest import Generate
from .node import HERE, NODE


async def test_D22_a_gateway_hands_its_pages_over(generate: Generate, nats_server: str) -> None:
    """A page that sends commands all the time goes on at another gateway: none fails, none is
    lost, and what it watches stays proven or says that it is not.
    """
    generated: Path = generate(HERE.parent / "conformance")
    async with Host(nats_server) as host, Host(nats_server) as one, Host(nats_server) as two:
        await host.serve(KitHere())
        gateways = [Gateway(each, [KitClient], secret="the same") for each in (one, two)]
        apps = [Starlette(routes=[Mount("/fusion", each)]) for each in gateways]
        async with served(apps[0]) as first, served(apps[1]) as second:
            urls = f"{first.http}/fusion {second.http}/fusion"
            process = await asyncio.create_subprocess_exec(
                *(NODE, HERE / "drain.test.mjs"),
                env={**os.environ, "FUSION_URLS": urls, "FUSION_GENERATED": str(generated)},
                stdout=asyncio.subprocess.PIPE,
            )
            assert process.stdout is not None
            try:
                async with asyncio.timeout(60):
                    while b"drain" not in await process.stdout.readline():
                        assert not process.stdout.at_eof()
                    await gateways[0].drain()
                    said, _ = await process.communicate()
            finally:
                if process.returncode is None:
                    process.kill()
            assert process.returncode == 0, said.decode()
