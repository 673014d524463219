"""The service under test, as a generator would write it."""

from __future__ import annotations

from abc import abstractmethod
from typing import Protocol

from fusionrt.abi import (
    AnyArgument,
    Compute,
    Contract,
    InvalidateAccessor,
    Service,
    Signature,
)
from fusionrt.abi import Types as ContractTypes

__all__ = ["Numbers"]


class NumbersContract(Protocol):
    """Numbers that are made from numbers."""

    async def get(self, n: int) -> int: ...
    async def chain(self, n: int) -> int: ...
    async def fan(self, n: int) -> int: ...
    async def reader(self, n: int) -> int: ...


class NumbersInvalidate(InvalidateAccessor):
    def get(self, n: int | AnyArgument) -> None:
        self._invalidate("get", (n,))

    def chain(self, n: int | AnyArgument) -> None:
        self._invalidate("chain", (n,))

    def reader(self, n: int | AnyArgument) -> None:
        self._invalidate("reader", (n,))


_METHODS = ("get", "chain", "fan", "reader")

CONTRACT = Contract(
    abi=2,
    name="numbers",
    protocol=NumbersContract,
    types=lambda: ContractTypes({name: Signature((int,), int) for name in _METHODS}),
    methods=tuple(Compute(name, ("n",)) for name in _METHODS),
)


class NumbersService(NumbersContract, Service, contract=CONTRACT):
    invalidate = NumbersInvalidate()

    @abstractmethod
    async def get(self, n: int) -> int: ...
    @abstractmethod
    async def chain(self, n: int) -> int: ...
    @abstractmethod
    async def fan(self, n: int) -> int: ...
    @abstractmethod
    async def reader(self, n: int) -> int: ...


class Numbers(NumbersService):
    """`get` is the same work as the functions that it is compared with do."""

    async def get(self, n: int) -> int:
        return n + 1

    async def chain(self, n: int) -> int:
        return 1 if n == 0 else 1 + await self.chain(n - 1)

    async def fan(self, n: int) -> int:
        return n + await self.get(0)

    async def reader(self, n: int) -> int:
        raise NotImplementedError
