"""What does not fit on a line, and docstrings of every shape."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, Protocol

from fusionrt import ANY, command, compute, service

from .a_module_with_a_long_name_too import (
    AnotherRecordWithALongName,
    RecordWithAVeryLongName,
    YetAnotherRecordWithALongName,
)


@service
class WarehouseInventoryReservations(Protocol):
    r"""Reservations of what the warehouses hold, "quoted" \ and escaped.

    A second paragraph, with `code` and a triple \"\"\" in it.

        indented

    The end says "so"
    """

    @compute
    async def reservations_of_every_warehouse_by_product(
        self,
        record: RecordWithAVeryLongName
        | AnotherRecordWithALongName
        | YetAnotherRecordWithALongName,
        state: Literal[
            "requested", "reserved", "picked", "packed", "shipped", "delivered"
        ] = "picked",
    ) -> Mapping[str, tuple[RecordWithAVeryLongName, AnotherRecordWithALongName, int]]:
        """Says "this\""""
        ...

    async def reservation_or_what_became_of_it(
        self, id: str
    ) -> (
        RecordWithAVeryLongName
        | tuple[AnotherRecordWithALongName, YetAnotherRecordWithALongName]
        | None
    ):
        """A result that no bracket is around."""
        ...

    @compute
    async def a_method_without_arguments_but_with_a_long_name(
        self,
    ) -> tuple[RecordWithAVeryLongName, AnotherRecordWithALongName]:
        r"""Back\slash."""
        ...

    @command(
        invalidates=[
            "reservations_of_every_warehouse_by_product(previous_reservation, ANY)",
            "reservations_of_every_warehouse_by_product(record=reservation.record, "
            "state='reserved')",
            "reservations_of_every_warehouse_by_product(each.record, 'shipped') "
            "for each in reservation.others",
        ]
    )
    async def reserve_for_customer(
        self,
        previous_reservation: RecordWithAVeryLongName,
        reservation: YetAnotherRecordWithALongName,
    ) -> None:
        """

        Starts late.
        """
        ...


__all__ = ["ANY", "WarehouseInventoryReservations"]
