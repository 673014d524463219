"""The shop in FastAPI: `uvicorn sites.fastapi_site:app`."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException
from fastapi.sse import EventSourceResponse
from fusionrt import Host
from fusionrt.web import Gateway

from shop.contracts import Product, UnknownProduct
from shop.generated.carts import CartsClient, CartsLive
from shop.generated.products import ProductsClient, ProductsLive

host = Host()


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    async with host:
        yield


async def carts() -> CartsLive:
    return host.client(CartsClient)


async def products() -> ProductsLive:
    return host.client(ProductsClient)


Carts = Annotated[CartsLive, Depends(carts)]
Products = Annotated[ProductsLive, Depends(products)]

app = FastAPI(lifespan=lifespan)
app.mount("/fusion", Gateway(host, [CartsClient, ProductsClient]))


@app.get("/carts/{id}/total")
async def total(id: str, carts: Carts) -> Decimal:
    return await carts.total(id)


@app.get("/carts/{id}/totals", response_class=EventSourceResponse)
async def totals(id: str, carts: Carts) -> AsyncIterator[Decimal]:
    async for total in carts.changes.total(id):
        yield total.value


@app.put("/products/{id}/price")
async def set_price(id: str, price: Decimal, products: Products) -> Product:
    try:
        return await products.set_price(id, price)
    except UnknownProduct:
        raise HTTPException(404) from None
