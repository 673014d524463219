"""The services: plain classes, with not a word on caching or updates."""

from dataclasses import dataclass, field
from decimal import Decimal

from shop.contracts import Cart, Product, Products, UnknownProduct
from shop.generated.carts import CartsService
from shop.generated.products import ProductsService


@dataclass
class ProductsInMemory(ProductsService):
    """Products in a dict."""

    products: dict[str, Product] = field(default_factory=dict)

    async def get(self, id: str) -> Product | None:
        return self.products.get(id)

    async def put(self, product: Product) -> None:
        self.products[product.id] = product

    async def set_price(self, id: str, price: Decimal) -> Product:
        if id not in self.products:
            raise UnknownProduct(id)
        self.products[id] = product = Product(id, price)
        return product


@dataclass
class CartsInMemory(CartsService):
    """Carts in a dict; `products` may be the service itself or a client of it."""

    products: Products
    carts: dict[str, Cart] = field(default_factory=dict)

    async def get(self, id: str) -> Cart | None:
        return self.carts.get(id)

    async def total(self, id: str) -> Decimal:
        cart = await self.get(id)
        total = Decimal(0)
        for item in cart.items if cart else ():
            product = await self.products.get(item.product)
            if product is not None:
                total += product.price * item.quantity
        return total

    async def put(self, cart: Cart) -> None:
        self.carts[cart.id] = cart
