"""The shop in one process: a unit test needs no broker."""

from decimal import Decimal

import pytest

from shop.contracts import Cart, Item, Product, UnknownProduct
from shop.services import CartsInMemory, ProductsInMemory

pytestmark = pytest.mark.fusion_recompute
"""After each test, every cached read is computed again and compared."""


@pytest.fixture
def products() -> ProductsInMemory:
    return ProductsInMemory({"apple": Product("apple", Decimal(2))})


@pytest.fixture
def carts(products: ProductsInMemory) -> CartsInMemory:
    return CartsInMemory(products, {"1": Cart("1", (Item("apple", 3),))})


async def test_a_total_is_cached(carts: CartsInMemory) -> None:
    """The second read gives the very same result, without computing it."""
    total = await carts.computed.total("1")
    assert total.value == 6
    assert await carts.computed.total("1") is total


async def test_a_price_change_changes_the_total(
    products: ProductsInMemory, carts: CartsInMemory
) -> None:
    """A total follows the prices that it was made from."""
    assert await carts.total("1") == 6
    await products.set_price("apple", Decimal(5))
    assert await carts.total("1") == 15


async def test_a_changed_cart_changes_the_total(carts: CartsInMemory) -> None:
    """A total follows the cart that it was made from."""
    assert await carts.total("1") == 6
    await carts.put(Cart("1", (Item("apple", 1),)))
    assert await carts.total("1") == 2


async def test_changes_yields_each_total(products: ProductsInMemory, carts: CartsInMemory) -> None:
    """`changes` gives the total now, and again when it changed."""
    changes = carts.changes.total("1")
    assert (await anext(changes)).value == 6
    await products.set_price("apple", Decimal(5))
    assert (await anext(changes)).value == 15


async def test_an_unknown_product_has_no_price_to_set(products: ProductsInMemory) -> None:
    """An error of a command reaches its caller."""
    with pytest.raises(UnknownProduct):
        await products.set_price("cherry", Decimal(1))
