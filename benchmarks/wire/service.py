"""The service under test, as a generator would write it, and the process that serves it."""

from __future__ import annotations

import asyncio
import sys
from abc import abstractmethod
from typing import Protocol

import nats
from nats.aio.msg import Msg

from fusionrt import Host
from fusionrt.abi import Client, Compute, Contract, InvalidateAccessor, Plain, Service, Signature
from fusionrt.abi import Types as ContractTypes

__all__ = ["ECHO", "EchoClient"]

ECHO = "bench.echo"
"""The subject that plain requests are answered on."""


class Echo(Protocol):
    """Gives back what it gets; `cached` is a compute method, `plain` is none."""

    async def cached(self, text: str) -> str: ...
    async def plain(self, text: str) -> str: ...


def _types() -> ContractTypes:
    return ContractTypes({"cached": Signature((str,), str), "plain": Signature((str,), str)})


CONTRACT = Contract(
    abi=2,
    name="echo",
    protocol=Echo,
    types=_types,
    methods=(Compute("cached", ("text",)), Plain("plain", ("text",))),
)


class EchoService(Echo, Service, contract=CONTRACT):
    invalidate = InvalidateAccessor()

    @abstractmethod
    async def cached(self, text: str) -> str: ...
    @abstractmethod
    async def plain(self, text: str) -> str: ...


class EchoClient(Echo, Client, contract=CONTRACT):
    """The typed client."""

    async def cached(self, text: str) -> str:
        return await self._fusion.compute("cached", (text,))

    async def plain(self, text: str) -> str:
        return await self._fusion.call("plain", (text,))


class EchoHere(EchoService):
    async def cached(self, text: str) -> str:
        return text

    async def plain(self, text: str) -> str:
        return text


async def _serve(url: str) -> None:
    """Answer plain requests and calls of the service until the standard input ends."""
    connection = await nats.connect(url)

    async def answer(message: Msg) -> None:
        await message.respond(message.data)

    await connection.subscribe(ECHO, cb=answer)
    await connection.flush()
    async with Host(url) as host:
        await host.serve(EchoHere())
        print("ready", flush=True)
        await asyncio.to_thread(sys.stdin.read)
    await connection.close()


if __name__ == "__main__":
    asyncio.run(_serve(sys.argv[1]))
