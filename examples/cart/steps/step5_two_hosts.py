"""Step 5: two servers of one database. What is written at one is watched at the other."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from steps import Shop, step3_batched


@asynccontextmanager
async def shop(url: str, nats: str | None = None) -> AsyncIterator[Shop]:
    async with step3_batched.shop(url, nats) as a, step3_batched.shop(url, nats) as b:
        yield Shop(a.products, a.carts, b.watched)
