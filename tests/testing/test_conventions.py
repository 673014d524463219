"""`invalidates_what_it_changes`: what a command declares against what really changed."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from decimal import Decimal

import pytest
from shop.contracts import Cart, Item, Product
from shop.generated.carts import CartsService
from shop.services import CartsInMemory, ProductsInMemory

from fusionrt import ComputedNode, ComputeOptions, MutableState, computed
from fusionrt.testing import NeedlessInvalidation, invalidates_what_it_changes
from tests.golden.options.expected.http_gateway2 import HTTPGateway2Service

APPLE = Product("apple", Decimal(2))
PEAR = Product("pear", Decimal(3))


@pytest.fixture
def products() -> ProductsInMemory:
    return ProductsInMemory({"apple": APPLE, "pear": PEAR})


async def test_a_right_command_passes(products: ProductsInMemory) -> None:
    """What it changed was invalidated, and the rest was not: no warning either."""
    carts = CartsInMemory(products, {"1": Cart("1", (Item("apple", 3),))})
    await carts.total("1")
    await products.get("pear")
    async with invalidates_what_it_changes():
        await products.set_price("apple", Decimal(5))
    assert await carts.total("1") == 15


class Forgetful(ProductsInMemory):
    """Changes more than it says."""

    async def set_price(self, id: str, price: Decimal) -> Product:
        for each in self.products.values():
            self.products[each.id] = replace(each, price=price)
        return self.products[id]


async def test_a_forgotten_key_fails_by_name() -> None:
    """With the method and the arguments, before and after; not what was made from it."""
    products = Forgetful({"apple": APPLE, "pear": PEAR})
    carts = CartsInMemory(products, {"1": Cart("1", (Item("pear", 1),))})
    await carts.total("1")
    await products.get("apple")
    with pytest.raises(AssertionError) as failure:
        async with invalidates_what_it_changes():
            await products.set_price("apple", Decimal(5))
    assert str(failure.value) == (
        "products.get('pear') changed, and the command did not invalidate it: "
        "name it in the command's `invalidates`, or call `invalidate` in its body.\n"
        f"  before: {PEAR!r}\n"
        f"  after:  {replace(PEAR, price=Decimal(5))!r}"
    )


async def test_a_needless_key_is_a_warning(products: ProductsInMemory) -> None:
    """Too much is safe: it is told, and does not fail; what is made from it is not told."""
    carts = CartsInMemory(products, {"1": Cart("1", (Item("apple", 3),))})
    await carts.total("1")
    with pytest.warns(NeedlessInvalidation) as caught:
        async with invalidates_what_it_changes():
            await products.put(APPLE)
    assert [str(each.message) for each in caught] == [
        "products.put invalidated products.get('apple'), and it did not change"
    ]


async def test_nothing_cached_fails(products: ProductsInMemory) -> None:
    """A test that could find nothing says so; what ends by itself is nothing to find."""
    timed = Timed()
    await timed.all()
    with pytest.raises(AssertionError, match="no result was cached"):
        async with invalidates_what_it_changes():
            await products.put(APPLE)


async def test_an_error_is_an_outcome(products: ProductsInMemory) -> None:
    """A body that raises from now on has changed."""

    class Strict(ProductsInMemory):
        async def get(self, id: str) -> Product | None:
            return self.products[id]

        async def put(self, product: Product) -> None:
            self.products.clear()

    strict = Strict({"apple": APPLE, "pear": PEAR})
    await strict.get("pear")
    with pytest.raises(AssertionError, match=r"after:  KeyError\('pear'\) \(raised\)"):
        async with invalidates_what_it_changes():
            await strict.put(APPLE)


@pytest.mark.parametrize(
    ("error", "options", "is_told"),
    [
        (LookupError("locked"), ComputeOptions(), True),
        (LookupError("locked"), ComputeOptions(invalidation_delay=60.0), True),
        (LookupError("locked"), ComputeOptions(auto_invalidate=60.0), False),
        (ConnectionError("later"), ComputeOptions(), False),
    ],
)
async def test_an_error_that_the_command_ends_has_changed(
    error: Exception | None, options: ComputeOptions, is_told: bool
) -> None:
    """Not a transient one, nor that of a limited life: those may have ended by themselves."""

    async def body() -> None:
        if error is not None:
            raise error

    door, other = computed(body, options=options), MutableState(0)
    await door.computed()
    await other.use()
    said = r"  before: LookupError\('locked'\) \(raised\)\n  after:  None$"
    with pytest.raises(AssertionError, match=said) if is_told else nullcontext():
        async with invalidates_what_it_changes():
            error = None


@dataclass
class Mutating(CartsService):
    """Hands out its own list, and changes that."""

    items: list[Item] = field(default_factory=lambda: [Item("apple", 1)])

    async def get(self, id: str) -> Cart | None:
        return Cart(id, self.items)  # type: ignore[arg-type]

    async def total(self, id: str) -> Decimal:
        cart = await self.get(id)
        return Decimal(0 if cart is None else len(cart.items))

    async def put(self, cart: Cart) -> None:
        self.items.append(Item("pear", 1))


async def test_a_value_that_the_command_mutates_has_changed() -> None:
    """Though the cache holds the very object; what was made from it is not told."""
    carts = Mutating()
    await carts.total("1")
    with pytest.raises(AssertionError, match=r"carts.get\('1'\) changed") as failure:
        async with invalidates_what_it_changes():
            await carts.put(Cart("2", ()))
    assert "total" not in str(failure.value)


async def test_the_exception_of_the_command_goes_through(products: ProductsInMemory) -> None:
    """A command that failed is not judged."""
    await products.get("apple")
    with pytest.raises(ZeroDivisionError):
        async with invalidates_what_it_changes():
            raise ZeroDivisionError


@pytest.fixture(autouse=True)
def _every_warning_shows() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


class Timed(HTTPGateway2Service):
    """What it gives changes with each command; `none` is made from `one`."""

    def __init__(self) -> None:
        self.count = 0
        self.remembers = True

    async def all(self) -> str:
        return str(self.count)

    async def one(self, id: str) -> str:
        return str(self.count)

    async def none(self, id: str) -> str:
        return await self.one(id)

    async def nothing(self) -> None:
        self.count += 1
        if self.remembers:
            self.invalidate.one("1")

    async def typing(self, id: str) -> None:
        self.count += 1

    async def kept(self) -> None:
        self.count += 1


async def test_what_is_invalidated_in_its_own_time_is_not_judged() -> None:
    """`auto_invalidate`, `invalidation_delay`, what waits for `consolidate` or is made from it."""
    timed = Timed()

    async def count() -> int:
        return timed.count

    late = computed(count, options=ComputeOptions(invalidation_delay=60.0))
    assert (await timed.all(), await timed.none("1"), await late.use()) == ("0", "0", 0)
    async with invalidates_what_it_changes():
        await timed.nothing()
        late.invalidate()
    assert await timed.none("1") == "0"  # the cache is as it was


async def test_a_consolidating_method_is_judged_by_its_body() -> None:
    """That its dependants are invalidated later, or not at all, hides no forgotten key."""
    timed = Timed()
    timed.remembers = False
    await timed.none("1")
    with pytest.raises(AssertionError, match=r"^http_gateway2.one\('1'\) changed") as failure:
        async with invalidates_what_it_changes():
            await timed.nothing()
    assert "none" not in str(failure.value)


async def test_what_only_goes_along_is_not_computed_again() -> None:
    """Nothing is to be learnt from it, and it reads what is not in the cache any more."""
    value = runs = 0

    async def leaf() -> int:
        return value

    def above(below: ComputedNode[int]) -> ComputedNode[int]:
        async def twice() -> int:
            nonlocal runs
            runs += 1
            return await below.use() + await below.use()

        return computed(twice)

    first = computed(leaf)
    nodes = [first]
    for _ in range(10):
        nodes.append(above(nodes[-1]))
    await nodes[-1].use()
    async with invalidates_what_it_changes():
        value = 1
        first.invalidate()
    assert runs == 10
