"""The types sit under `TYPE_CHECKING`, in a module that imports the generated package."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from fusionrt import command, compute, service

if TYPE_CHECKING:
    from .models import Order
    from .models import Shipment as Parcel


@service
class Orders(Protocol):
    @compute
    async def get(self, id: str) -> Order: ...

    @compute
    async def parcels(self, order: Order) -> tuple[Parcel, ...]: ...

    @command(invalidates=["get(order.id)", "parcels(order)"])
    async def place(self, order: Order) -> Order: ...
