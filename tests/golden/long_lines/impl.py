from collections.abc import Mapping
from typing import Literal

from .a_module_with_a_long_name_too import (
    AnotherRecordWithALongName,
    RecordWithAVeryLongName,
    YetAnotherRecordWithALongName,
)
from .expected.warehouse_inventory_reservations import WarehouseInventoryReservationsService


class Reservations(WarehouseInventoryReservationsService):
    async def reservations_of_every_warehouse_by_product(
        self,
        record: RecordWithAVeryLongName
        | AnotherRecordWithALongName
        | YetAnotherRecordWithALongName,
        state: Literal[
            "requested", "reserved", "picked", "packed", "shipped", "delivered"
        ] = "picked",
    ) -> Mapping[str, tuple[RecordWithAVeryLongName, AnotherRecordWithALongName, int]]:
        return {}

    async def reservation_or_what_became_of_it(
        self, id: str
    ) -> (
        RecordWithAVeryLongName
        | tuple[AnotherRecordWithALongName, YetAnotherRecordWithALongName]
        | None
    ):
        return None

    async def a_method_without_arguments_but_with_a_long_name(
        self,
    ) -> tuple[RecordWithAVeryLongName, AnotherRecordWithALongName]:
        return RecordWithAVeryLongName(1), AnotherRecordWithALongName(2)

    async def reserve_for_customer(
        self,
        previous_reservation: RecordWithAVeryLongName,
        reservation: YetAnotherRecordWithALongName,
    ) -> None: ...


async def main() -> None:
    service = Reservations()
    record = RecordWithAVeryLongName(1)
    other = YetAnotherRecordWithALongName(record)
    shown = await service.computed.reservations_of_every_warehouse_by_product(record, "shipped")
    await service.reserve_for_customer(record, YetAnotherRecordWithALongName(None, (other,)))
    assert not shown.is_consistent
    assert (await service.a_method_without_arguments_but_with_a_long_name())[0] == record
