"""One of the servers: `uvicorn chat.site:app --no-ws-per-message-deflate`."""

import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from fusionrt import Host
from fusionrt.ext import PresenceClient, PresenceOf, UsersClient, UsersOf
from fusionrt.ext.sql import KeyValueStoreInSql
from fusionrt.sql import Database
from fusionrt.web import Gateway
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from chat.generated.chat import ChatClient
from chat.services import ChatInSql
from chat.sign_in import PROVIDER, SignIn
from chat.tables import Base

WEB = Path(__file__).parent.parent / "web"
SECRET = os.environ.get("FUSION_SECRET", "the same on every server")


def site(
    database: str,
    nats: str | None = None,
    provider: str = PROVIDER,
    servers: Sequence[str] = (),
) -> Starlette:
    """The page, what it calls, and where one signs in. servers: all that there are; a page goes on
    at another one when its own is lost.
    """
    db = Database(database)
    host = Host(nats, log=db.log(), principal="chat", gateways=["chat"])
    store = KeyValueStoreInSql(db)
    users = UsersOf(store)
    reached = [ChatClient, PresenceClient, UsersClient]
    gateway = Gateway(host, reached, servers=servers, secret=SECRET, ended=users.ended)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with db:
            await db.create_all(Base.metadata, KeyValueStoreInSql.metadata)
            async with host, PresenceOf(users, host) as presence:
                for service in (store, users, presence, ChatInSql(db, users)):
                    await host.serve(service)
                yield

    return Starlette(
        routes=[
            Mount("/fusion", gateway),
            *SignIn(gateway, users, provider).routes,
            Mount("/", StaticFiles(directory=WEB, html=True)),
        ],
        middleware=[Middleware(SessionMiddleware, secret_key=SECRET, session_cookie="sign_in")],
        lifespan=lifespan,
    )


app = site(
    os.environ.get("DATABASE_URL", "sqlite+aiosqlite:///chat.db"),
    servers=os.environ.get("SERVERS", "").split(),
)
