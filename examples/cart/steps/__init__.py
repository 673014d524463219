"""The shop in five steps; each has the same services and passes the same tests."""

from dataclasses import dataclass

from shop.contracts import Carts, Products
from shop.generated.carts import CartsLive

__all__ = ["Shop"]


@dataclass
class Shop:
    """products, carts: where they are changed. watched: where totals are read."""

    products: Products
    carts: Carts
    watched: CartsLive
