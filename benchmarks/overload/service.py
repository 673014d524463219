"""The service under load, as a generator would write it, and the process that serves it."""

from __future__ import annotations

import asyncio
import json
import resource
import sys
import time
from abc import abstractmethod
from typing import Protocol

from fusionrt import Host
from fusionrt.abi import Client, Compute, Contract, InvalidateAccessor, Plain, Service, Signature
from fusionrt.abi import Types as ContractTypes

__all__ = ["LoadClient", "peak"]


class Load(Protocol):
    """Bodies that cost processor time (`spin`) or wait (`rest`); the first two are cached."""

    async def spin(self, key: int, seconds: float) -> int: ...
    async def rest(self, key: int, seconds: float) -> int: ...
    async def spin_plain(self, key: int, seconds: float) -> int: ...
    async def rest_plain(self, key: int, seconds: float) -> int: ...


def _types() -> ContractTypes:
    names = "spin", "rest", "spin_plain", "rest_plain"
    return ContractTypes({name: Signature((int, float), int) for name in names})


CONTRACT = Contract(
    abi=2,
    name="load",
    protocol=Load,
    types=_types,
    methods=(
        Compute("spin", ("key", "seconds")),
        Compute("rest", ("key", "seconds")),
        Plain("spin_plain", ("key", "seconds")),
        Plain("rest_plain", ("key", "seconds")),
    ),
)


class LoadService(Load, Service, contract=CONTRACT):
    invalidate = InvalidateAccessor()

    @abstractmethod
    async def spin(self, key: int, seconds: float) -> int: ...
    @abstractmethod
    async def rest(self, key: int, seconds: float) -> int: ...
    @abstractmethod
    async def spin_plain(self, key: int, seconds: float) -> int: ...
    @abstractmethod
    async def rest_plain(self, key: int, seconds: float) -> int: ...


class LoadClient(Load, Client, contract=CONTRACT):
    """The typed client."""

    async def spin(self, key: int, seconds: float) -> int:
        return await self._fusion.compute("spin", (key, seconds))

    async def rest(self, key: int, seconds: float) -> int:
        return await self._fusion.compute("rest", (key, seconds))

    async def spin_plain(self, key: int, seconds: float) -> int:
        return await self._fusion.call("spin_plain", (key, seconds))

    async def rest_plain(self, key: int, seconds: float) -> int:
        return await self._fusion.call("rest_plain", (key, seconds))


class LoadHere(LoadService):
    async def spin(self, key: int, seconds: float) -> int:
        return _spin(key, seconds)

    async def rest(self, key: int, seconds: float) -> int:
        await asyncio.sleep(seconds)
        return key

    async def spin_plain(self, key: int, seconds: float) -> int:
        return _spin(key, seconds)

    async def rest_plain(self, key: int, seconds: float) -> int:
        await asyncio.sleep(seconds)
        return key


def _spin(key: int, seconds: float) -> int:
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        pass
    return key


def peak() -> float:
    """The most memory that this process had so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


async def _serve(url: str) -> None:
    """Answer calls until the standard input ends; then tell what memory it took."""
    async with Host(url) as host:
        await host.serve(LoadHere())
        print("ready", flush=True)
        before = peak()
        await asyncio.to_thread(sys.stdin.read)
        grown = peak() - before
    print(json.dumps(grown), flush=True)


if __name__ == "__main__":
    asyncio.run(_serve(sys.argv[1]))
