from __future__ import annotations

from dataclasses import dataclass

from .expected.orders import OrdersClient


@dataclass(frozen=True)
class Order:
    id: str


@dataclass(frozen=True)
class Shipment:
    order: Order


async def shipments_of(orders: OrdersClient, order: Order) -> tuple[Shipment, ...]:
    return await orders.parcels(order)
