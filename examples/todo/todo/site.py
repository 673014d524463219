"""The page, and what it calls: `uvicorn todo.site:app --no-ws-per-message-deflate`."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from fusionrt import Host
from fusionrt.web import Gateway
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from todo.generated.todos import TodosClient

WEB = Path(__file__).parent.parent / "web"
host = Host()


def routes(host: Host) -> list[Mount]:
    """The page, and what it calls through this host."""
    gateway = Gateway(host, [TodosClient])
    return [Mount("/fusion", gateway), Mount("/", StaticFiles(directory=WEB, html=True))]


@asynccontextmanager
async def lifespan(app: Starlette) -> AsyncIterator[None]:
    """While it serves."""
    async with host:
        yield


app = Starlette(routes=routes(host), lifespan=lifespan)
