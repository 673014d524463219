from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class RecordWithAVeryLongName:
    id: int


@dataclass(frozen=True)
class AnotherRecordWithALongName:
    id: int


@dataclass(frozen=True)
class YetAnotherRecordWithALongName:
    record: RecordWithAVeryLongName | None = None
    others: tuple[YetAnotherRecordWithALongName, ...] | None = None
