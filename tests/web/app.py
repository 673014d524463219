"""What the processes of these tests run."""

from decimal import Decimal

from shop.contracts import Product
from shop.generated.carts import CartsClient
from shop.generated.products import ProductsClient
from shop.services import CartsInMemory, ProductsInMemory

from fusionrt import Host
from fusionrt.web import Gateway


async def shop(host: Host) -> None:
    """Both services, in one process."""
    products = ProductsInMemory({"pen": Product("pen", Decimal(2))})
    await host.serve(products)
    await host.serve(CartsInMemory(products))


def gateway(host: Host) -> Gateway:
    """A gateway to them."""
    return Gateway(host, [ProductsClient, CartsClient], secret="of all gateways")
