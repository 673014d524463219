"""A process that calls a peer as it is told, one order after the other.

python -m benchmarks.rpc.caller PEER ADDRESS HOST_PROCESS BROKER_PROCESS
"""

from __future__ import annotations

import asyncio
import gc
import os
import sys
from collections.abc import Mapping

import msgspec

from .patterns import Found, burst, closed, first_item, open_loop, stream
from .peers import BROKERED, Client, load

__all__ = ["Order"]


class Order(msgspec.Struct, frozen=True):
    """What to measure.

    pattern: the name of a function of `patterns`, or of `replicas`.
    call: the method. count: of workers, calls, or bytes of an item; times: how often to repeat.
    seconds: how long. rate: calls a second.
    """

    pattern: str
    call: str = ""
    count: int = 0
    times: int = 1
    seconds: float = 0.0
    rate: float = 0.0


async def _obey(order: Order, client: Client, address: str, processes: Mapping[str, int]) -> Found:
    match order.pattern:
        case "closed":
            call = client.calls[order.call]
            return await closed(call, processes, order.count, order.seconds)
        case "open":
            return await open_loop(client.calls[order.call], processes, order.rate, order.seconds)
        case "burst":
            return await burst(client.calls[order.call], order.count, order.times)
        case "stream":
            return await stream(client, processes, order.count, order.seconds)
        case "first":
            return await first_item(client, order.count, order.times)
    from . import replicas  # not in the processes of others

    match order.pattern:
        case "cold":
            return await replicas.cold(client.own, order.count, order.times)
        case "stale":
            return await replicas.stale(client.own, order.count, order.times)
        case "hits":
            return await replicas.hits(client.own, order.times)
        case "watch":
            return await replicas.watch(client.own, address, order.count)
        case "command":
            return await replicas.command(client.own, address, order.count)
    raise ValueError(order.pattern)


async def _call(name: str, address: str, host: str, broker: str) -> None:
    processes = {"client": os.getpid(), "host": int(host)}
    if name in BROKERED:
        processes["broker"] = int(broker)
    async with load(name).connect(address) as client:
        gc.collect()
        gc.freeze()  # what was imported; see the README
        print("ready", flush=True)
        while line := await asyncio.to_thread(sys.stdin.buffer.readline):
            order = msgspec.json.decode(line, type=Order)
            found = await _obey(order, client, address, processes)
            print(msgspec.json.encode(found).decode(), flush=True)


if __name__ == "__main__":
    asyncio.run(_call(*sys.argv[1:]))
