"""The two processes of the shop: `fusiongen run shop.app:products` and `shop.app:carts`."""

from decimal import Decimal

from fusionrt import Host

from shop.contracts import Cart, Item, Product
from shop.generated.products import ProductsClient
from shop.services import CartsInMemory, ProductsInMemory

PRODUCTS = (Product("apple", Decimal("2.00")), Product("banana", Decimal("0.50")))
CARTS = (
    Cart("1", (Item("apple", 1), Item("banana", 2))),
    Cart("2", (Item("banana", 10),)),
)


async def products(host: Host) -> None:
    """Serve the products."""
    service = ProductsInMemory({product.id: product for product in PRODUCTS})
    await host.serve(service)


async def carts(host: Host) -> None:
    """Serve the carts; prices come from wherever the products are served."""
    service = CartsInMemory(host.client(ProductsClient), {cart.id: cart for cart in CARTS})
    await host.serve(service)
