"""A gateway, as `fusiongen gateway` runs it: all defaults, on asyncio's own loop."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.routing import Mount

from fusionrt import Host
from fusionrt.web import Gateway
from fusionrt.web.serving import Server as Uvicorn
from fusionrt.web.serving import listening

from ..generated.texts import TextsClient
from . import Server

__all__ = ["SERVER"]


@asynccontextmanager
async def _serve(url: str) -> AsyncIterator[int]:
    async with Host(url) as host:
        app = Starlette(routes=[Mount("/fusion", Gateway(host, [TextsClient]))])
        with listening("127.0.0.1", 0) as listens:
            server = Uvicorn(app)
            serving = asyncio.create_task(server.serve([listens]))
            await server.listens.wait()
            yield listens.getsockname()[1]
            server.should_exit = True
            await serving


SERVER = Server(_serve)
