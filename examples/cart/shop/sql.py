"""Step 2: the services over a database, in plain SQLAlchemy."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from fusionrt.sql import Database
from sqlalchemy import ForeignKey, String, TypeDecorator
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from shop.contracts import Cart, Item, Product, Products, UnknownProduct
from shop.generated.carts import CartsService
from shop.generated.products import ProductsService


class Price(TypeDecorator[Decimal]):
    """A decimal as text, for SQLite has none."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Any) -> str | None:
        return None if value is None else str(value)

    def process_result_value(self, value: str | None, dialect: Any) -> Decimal | None:
        return None if value is None else Decimal(value)


class Base(DeclarativeBase):
    """Of the shop's tables."""


class ProductRow(Base):
    """A product."""

    __tablename__ = "products"

    id: Mapped[str] = mapped_column(primary_key=True)
    price: Mapped[Decimal] = mapped_column(Price)

    def product(self) -> Product:
        return Product(self.id, self.price)


class ItemRow(Base):
    """One line of a cart."""

    __tablename__ = "items"

    cart: Mapped[str] = mapped_column(ForeignKey("carts.id"), primary_key=True)
    line: Mapped[int] = mapped_column(primary_key=True)
    product: Mapped[str]
    quantity: Mapped[int]


class CartRow(Base):
    """A cart, and what is in it."""

    __tablename__ = "carts"

    id: Mapped[str] = mapped_column(primary_key=True)
    items: Mapped[list[ItemRow]] = relationship(
        order_by=ItemRow.line, cascade="all, delete-orphan", lazy="selectin"
    )

    def cart(self) -> Cart:
        return Cart(self.id, tuple(Item(item.product, item.quantity) for item in self.items))


@dataclass
class ProductsInSql(ProductsService):
    """Products in a table."""

    db: Database

    async def get(self, id: str) -> Product | None:
        async with self.db.read() as session:
            row = await session.get(ProductRow, id)
            return None if row is None else row.product()

    async def put(self, product: Product) -> None:
        async with self.db.begin() as session:
            await session.merge(ProductRow(id=product.id, price=product.price))

    async def set_price(self, id: str, price: Decimal) -> Product:
        async with self.db.begin() as session:
            row = await session.get(ProductRow, id, with_for_update=True)
            if row is None:
                raise UnknownProduct(id)
            row.price = price
            return row.product()


@dataclass
class CartsInSql(CartsService):
    """Carts in two tables; `total` is what it was."""

    db: Database
    products: Products

    async def get(self, id: str) -> Cart | None:
        async with self.db.read() as session:
            row = await session.get(CartRow, id)
            return None if row is None else row.cart()

    async def total(self, id: str) -> Decimal:
        cart = await self.get(id)
        total = Decimal(0)
        for item in cart.items if cart else ():
            product = await self.products.get(item.product)
            if product is not None:
                total += product.price * item.quantity
        return total

    async def put(self, cart: Cart) -> None:
        items = [
            ItemRow(cart=cart.id, line=line, product=item.product, quantity=item.quantity)
            for line, item in enumerate(cart.items)
        ]
        async with self.db.begin() as session:
            await session.merge(CartRow(id=cart.id, items=items))
