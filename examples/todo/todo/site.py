"""One server: a host of the service, a gateway to it, and the page in three ways."""

import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from fusionrt import Host
from fusionrt.sql import Database
from fusionrt.web import Gateway
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from todo.generated.todos import TodosClient
from todo.rendered import rendered
from todo.services import TodosInSql
from todo.tables import Base

WEB = Path(__file__).parent.parent / "web"


def site(nats: str | None, database: str, servers: Sequence[str] = ()) -> Starlette:
    """The application. nats: the broker that its servers share, as their database. servers: all of
    them; a page goes on at another one when its own is lost.
    """
    db = Database(database)
    host = Host(nats, log=db.log())

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with db:
            await db.create_all(Base.metadata)
            async with host:
                await host.serve(TodosInSql(db))
                yield

    return Starlette(
        lifespan=lifespan,
        routes=[
            Mount("/fusion", Gateway(host, [TodosClient], servers=servers)),
            *rendered(host),
            Mount("/", StaticFiles(directory=WEB, html=True)),
        ],
    )


app = site(
    None,
    os.environ.get("DATABASE", "sqlite+aiosqlite:///todo.db"),
    os.environ.get("SERVERS", "").split(),
)
