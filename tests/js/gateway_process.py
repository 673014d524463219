"""A gateway in a process of its own, with the pages of these tests beside it; to be killed.

python -m tests.js.gateway_process NATS PORT GENERATED (origins | servers) ORIGIN…
"""

from __future__ import annotations

import asyncio
import sys

import uvicorn
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from fusionrt import Host
from fusionrt.web import Gateway
from tests.conformance.generated.kit import KitClient

from .node import HERE


def beside(gateway: Gateway, generated: str) -> Starlette:
    """A gateway with the pages, and what is generated for them."""
    routes = [
        Mount("/fusion", gateway),
        Mount("/generated", StaticFiles(directory=generated)),
        Mount("/", StaticFiles(directory=HERE / "pages")),
    ]
    return Starlette(routes=routes)


async def main(nats: str, port: int, generated: str, others: str, *origins: str) -> None:
    """Serve until the process ends."""
    async with Host(nats) as host:
        secret = "the same for all of them"
        if others == "servers":
            gateway = Gateway(host, [KitClient], servers=origins, secret=secret)
        else:
            gateway = Gateway(host, [KitClient], origins=origins, secret=secret)
        config = uvicorn.Config(beside(gateway, generated), port=port, log_level="error")
        await uvicorn.Server(config).serve()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), *sys.argv[3:]))
