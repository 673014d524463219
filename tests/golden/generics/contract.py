"""Two contracts from one generic Protocol."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from fusionrt import compute, service

from .repository import Readable, Repository


@dataclass(frozen=True)
class Cart:
    id: str
    total: int = 0


@service
class Carts(Repository[str, Cart], Protocol):
    """Carts by their names."""


@service
class Numbers(Readable[int, tuple[int, ...] | None], Protocol):
    @compute
    async def count(self) -> int: ...
