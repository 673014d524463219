from .expected.orders import OrdersLive, OrdersService
from .models import Order, Shipment


class Orders(OrdersService):
    def __init__(self) -> None:
        self.placed = 0

    async def get(self, id: str) -> Order:
        return Order(id)

    async def parcels(self, order: Order) -> tuple[Shipment, ...]:
        return (Shipment(await self.get(order.id)),) * self.placed

    async def place(self, order: Order) -> Order:
        self.placed += 1
        return order


async def parcels_of(orders: OrdersLive, order: Order) -> int:
    return len(await orders.parcels(order))


async def main() -> None:
    orders = Orders()
    assert await parcels_of(orders, Order("1")) == 0
    await orders.place(Order("1"))
    assert await parcels_of(orders, Order("1")) == 1
