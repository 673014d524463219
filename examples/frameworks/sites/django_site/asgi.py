"""Django, and beside it what browsers reach; the host runs while this serves."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import cast

from django.core.asgi import get_asgi_application
from fusionrt.web import Gateway
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.types import ASGIApp

from shop.generated.carts import CartsClient
from sites.django_site.views import host

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sites.django_site.settings")


@asynccontextmanager
async def lifespan(app: Starlette) -> AsyncIterator[None]:
    async with host:
        yield


application = Starlette(
    lifespan=lifespan,
    routes=[
        Mount("/fusion", Gateway(host, [CartsClient])),
        Mount("/", cast(ASGIApp, get_asgi_application())),
    ],
)
