"""A gateway that is gone for good, under a page in Node.js."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from fusionrt import Host
from fusionrt.web import Gateway
from tests.conformance.generated.kit import KitClient
from tests.conformance.kit import KitHere
from tests.web.serving import served

from .conftest import Generate
from .node import HERE, NODE


@pytest.mark.timeout(120)
async def test_D18_streams_end_in_an_outage_that_their_host_does_not_remember(
    generate: Generate, nats_server: str
) -> None:
    """A page that reads or sends one is told, while there is still no gateway."""
    generated: Path = generate(HERE.parent / "conformance")
    async with Host(nats_server) as host, Host(nats_server) as one:
        await host.serve(KitHere())
        app = Starlette(routes=[Mount("/fusion", Gateway(one, [KitClient]))])
        async with served(app) as server:
            process = await asyncio.create_subprocess_exec(
                *(NODE, HERE / "outage.test.mjs"),
                env={
                    **os.environ,
                    "FUSION_URLS": f"{server.http}/fusion",
                    "FUSION_GENERATED": str(generated),
                },
                stdout=asyncio.subprocess.PIPE,
            )
            assert process.stdout is not None
            async with asyncio.timeout(60):
                while b"stop" not in await process.stdout.readline():
                    assert not process.stdout.at_eof()
        try:
            async with asyncio.timeout(60):
                said, _ = await process.communicate()
        finally:
            if process.returncode is None:
                process.kill()
        assert process.returncode == 0, said.decode()
