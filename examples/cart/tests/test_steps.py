"""The shop in five steps: whatever is behind it, it does the same.

Another host may hear of what was changed before only when a test has begun: so some look twice.
"""

import random
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from decimal import Decimal
from functools import partial

import pytest
from fusionrt.testing import eventually
from sqlalchemy import Engine, event

from shop.contracts import Cart, Item, Product, UnknownProduct
from steps import (
    Shop,
    step1_in_memory,
    step2_database,
    step3_batched,
    step4_client_and_server,
    step5_two_hosts,
)
from steps.__main__ import play

pytestmark = pytest.mark.fusion_recompute
"""After each test, every cached read is computed again and compared."""

FRUITS: tuple[str, ...] = ("apple", "banana", "cherry", "damson", "elderberry")
WITH_DATABASE: dict[str, Callable[[str, str], AbstractAsyncContextManager[Shop]]] = {
    "2": step2_database.shop,
    "3": step3_batched.shop,
    "4": step4_client_and_server.shop,
    "5": step5_two_hosts.shop,
}
STEPS = ("1", "2", "3", "4", "5", "2 on PostgreSQL", "5 on PostgreSQL")


@pytest.fixture(params=STEPS)
def opened(request: pytest.FixtureRequest) -> AbstractAsyncContextManager[Shop]:
    """The shop at each of its steps."""
    step = str(request.param)
    if step == "1":
        return step1_in_memory.shop()
    database: str = request.getfixturevalue("postgres" if "PostgreSQL" in step else "sqlite")
    nats: str = request.getfixturevalue("nats")
    return WITH_DATABASE[step[0]](database, nats)


@pytest.fixture
async def shop(opened: AbstractAsyncContextManager[Shop]) -> AsyncIterator[Shop]:
    """It has fruits that cost two, and three apples in a cart."""
    async with opened as shop:
        for fruit in FRUITS:
            await shop.products.put(Product(fruit, Decimal(2)))
        await shop.carts.put(Cart("1", (Item("apple", 3),)))
        yield shop


async def follows(shop: Shop, change: Callable[[], Awaitable[object]], expected: int) -> None:
    """Do something while a total is watched, and wait until it is as expected."""
    total = await shop.watched.computed.total("1")
    await change()
    await total.when(lambda each: each == expected)
    assert await shop.watched.total("1") == expected


async def test_a_total_is_cached(shop: Shop) -> None:
    """The second read gives the very same result, without computing it."""

    async def is_cached() -> None:
        total = await shop.watched.computed.total("1")
        assert total.value == 6
        assert await shop.watched.computed.total("1") is total

    await eventually(is_cached)


async def test_a_total_follows_a_price(shop: Shop) -> None:
    """It was made from that."""
    await follows(shop, partial(shop.products.set_price, "apple", Decimal(5)), 15)


async def test_a_total_follows_its_cart(shop: Shop) -> None:
    """Lines come, change and go, in their order."""
    lines = (Item("cherry", 1), Item("apple", 1), Item("damson", 2))
    await follows(shop, partial(shop.carts.put, Cart("1", lines)), 8)
    assert await shop.carts.get("1") == Cart("1", lines)
    await follows(shop, partial(shop.carts.put, Cart("1", lines[1:2])), 2)
    await follows(shop, partial(shop.carts.put, Cart("1", ())), 0)


async def test_a_total_follows_a_product_that_was_not_there(shop: Shop) -> None:
    """It cost nothing, and that was cached, too."""
    await follows(shop, partial(shop.carts.put, Cart("1", (Item("fig", 1), Item("apple", 1)))), 2)
    await follows(shop, partial(shop.products.put, Product("fig", Decimal(7))), 9)


async def test_a_total_of_another_cart_stays(shop: Shop) -> None:
    """Only what was made from a price is computed again."""
    await shop.carts.put(Cart("2", (Item("banana", 1),)))
    for price in range(5, 25):
        other = await shop.watched.computed.total("2")
        await follows(shop, partial(shop.products.set_price, "apple", Decimal(price)), 3 * price)
        if other.is_consistent:
            return
    pytest.fail("each change of a price invalidates a total that was not made from it")


async def test_an_unknown_product_has_no_price_to_set(shop: Shop) -> None:
    """The error reaches the caller as itself, and nothing has changed."""
    with pytest.raises(UnknownProduct):
        await shop.products.set_price("fig", Decimal(1))
    assert await shop.products.get("fig") is None
    assert await shop.watched.total("1") == 6


async def test_a_total_is_right_after_many_changes(shop: Shop) -> None:
    """In the end it is what the last prices and the last cart make of it."""
    chance = random.Random(13)
    prices: dict[str, int] = dict.fromkeys(FRUITS, 2)
    items: tuple[Item, ...] = (Item("apple", 3),)
    total = await shop.watched.computed.total("1")
    for _ in range(50):
        if chance.random() < 0.3:
            items = tuple(Item(each, chance.randint(1, 9)) for each in chance.sample(FRUITS, 3))
            await shop.carts.put(Cart("1", items))
        else:
            fruit = chance.choice(FRUITS)
            prices[fruit] = chance.randint(1, 99)
            await shop.products.set_price(fruit, Decimal(prices[fruit]))
        if chance.random() < 0.5:
            await shop.watched.total("1")
    expected = sum(prices[item.product] * item.quantity for item in items)
    assert (await total.when(lambda each: each == expected)).value == expected


async def test_the_example_says_what_it_saw(
    opened: AbstractAsyncContextManager[Shop], capsys: pytest.CaptureFixture[str]
) -> None:
    """`python -m steps` prints the same at each step."""
    async with opened as shop:
        await play(shop)
    printed = capsys.readouterr().out.splitlines()
    assert printed == [
        "three apples cost 6.00",
        "at another price 15.00",
        "and one of them 5.00",
    ]


@pytest.mark.parametrize(("step", "queries"), [("2", 5), ("3", 1)])
async def test_products_that_are_asked_for_together_are_one_query(
    step: str, queries: int, sqlite: str, nats: str
) -> None:
    """From step 3 on; before, each is a query of its own."""
    async with WITH_DATABASE[step](sqlite, nats) as shop:
        for fruit in FRUITS:
            await shop.products.put(Product(fruit, Decimal(2)))
        await shop.carts.put(Cart("1", tuple(Item(fruit, 1) for fruit in FRUITS)))
        with counted("FROM products") as asked:
            assert await shop.watched.total("1") == 10
            assert await shop.watched.total("1") == 10
        assert len(asked) == queries


@contextmanager
def counted(part: str) -> Iterator[list[str]]:
    """The statements with this part that are executed within the block."""
    statements: list[str] = []

    def executes(_1: object, _2: object, statement: str, *_: object) -> None:
        if part in statement:
            statements.append(statement)

    event.listen(Engine, "before_cursor_execute", executes)
    try:
        yield statements
    finally:
        event.remove(Engine, "before_cursor_execute", executes)
