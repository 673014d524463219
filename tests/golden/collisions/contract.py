"""Types, parameters and loop variables with the names that generated code uses itself."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Protocol

from fusionrt import ANY, command, compute, service

from . import other


@dataclass(frozen=True)
class Contract:
    id: str


@dataclass(frozen=True)
class CartsClient:
    id: str


@dataclass(frozen=True)
class Keys:
    id: str | None


@dataclass(frozen=True)
class Types:
    id: str


@dataclass(frozen=True)
class AnyArgument:
    id: str


@dataclass(frozen=True)
class Signature:
    id: str


@service
class Carts(Protocol):
    @compute
    async def get(this, self: str, keys: str, hit: int = 0, miss: int = 0) -> Contract: ...

    @compute
    async def by(self, client: CartsClient, other: other.CartsClient) -> AnyArgument: ...

    @compute
    async def type(self, scope: str, current_scope: str) -> tuple[Types, Signature]: ...

    @command(
        invalidates=["get(keys, carts_)", "get(CONTRACT.id, carts_, ANY, ANY) for CONTRACT in ANY_"]
    )
    async def put(
        self, keys: str, carts_: str, ANY_: tuple[Keys, ...], CartsInvalidate: int
    ) -> Types: ...

    def watch(self, Coroutine: int) -> AsyncIterator[Signature]: ...


__all__ = ["ANY", "Carts"]
