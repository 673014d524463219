"""`python -m steps [STEP [URL]]`: a total follows a price, and what is in the cart.

STEP is 1 to 5; URL is of the database, by default a new file of SQLite.
"""

import asyncio
import sys
import tempfile
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from decimal import Decimal

from shop.contracts import Cart, Item, Product
from steps import (
    Shop,
    step1_in_memory,
    step2_database,
    step3_batched,
    step4_client_and_server,
    step5_two_hosts,
)

STEPS: dict[str, Callable[[str], AbstractAsyncContextManager[Shop]]] = {
    "1": lambda _: step1_in_memory.shop(),
    "2": step2_database.shop,
    "3": step3_batched.shop,
    "4": step4_client_and_server.shop,
    "5": step5_two_hosts.shop,
}


async def play(shop: Shop) -> None:
    """Change what a total is made from, and print each total."""
    await shop.products.put(Product("apple", Decimal("2.00")))
    await shop.carts.put(Cart("1", (Item("apple", 3),)))
    total = await shop.watched.computed.total("1")
    print("three apples cost", total.value)
    await shop.products.set_price("apple", Decimal("5.00"))
    total = await total.when(lambda each: each == 15)
    print("at another price", total.value)
    await shop.carts.put(Cart("1", (Item("apple", 1),)))
    total = await total.when(lambda each: each == 5)
    print("and one of them", total.value)


async def main(step: str = "1", url: str = "") -> None:
    """Play it at one of the steps."""
    with tempfile.TemporaryDirectory() as folder:
        async with STEPS[step](url or f"sqlite+aiosqlite:///{folder}/shop.db") as shop:
            await play(shop)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
