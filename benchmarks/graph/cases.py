"""What is measured: each case does one round of its work and returns what one operation took."""

from __future__ import annotations

import asyncio
import gc
import os
import sys
import time
from asyncio.subprocess import PIPE
from collections.abc import Awaitable, Callable
from functools import partial
from tempfile import TemporaryDirectory

from fusionrt import Host
from fusionrt.transport.memory import MemoryNetwork

from ..rpc.generated.bench import BenchClient
from ..rpc.service import BenchHere
from .caches import CACHES, LRU_CACHE, OURS, lru, numbers
from .service import Numbers
from .timing import FRESH, HITS, KEYS, bytes_of, time_awaits, time_calls, time_plain_calls

__all__ = ["BYTES", "CALLS", "GRAPHS", "IMPORT", "REPLICA", "UNDER", "Case"]

Case = Callable[[], Awaitable[float]]


# -- every cache --


async def _hit(name: str) -> float:
    async with CACHES[name]() as cache:
        await time_calls(cache.get, KEYS, 2)
        return await time_calls(cache.get, KEYS, HITS)


async def _miss(name: str) -> float:
    async with CACHES[name]() as cache:
        await cache.get(-1)
        return await time_calls(cache.get, FRESH)


async def _again(name: str) -> float:
    async with CACHES[name]() as cache:
        await time_calls(cache.get, FRESH)
        return await time_calls(cache.again, FRESH)


async def _bytes(name: str) -> float:
    async with CACHES[name]() as cache:
        return await bytes_of(cache.get)


async def _lru_hit() -> float:
    get = lru()
    time_plain_calls(get, KEYS, 2)
    return time_plain_calls(get, KEYS, HITS)


async def _lru_miss() -> float:
    return time_plain_calls(lru(), FRESH)


async def _lru_bytes() -> float:
    get = lru()

    async def call(n: int) -> int:
        return get(n)

    return await bytes_of(call)


def _each(case: Callable[[str], Awaitable[float]]) -> dict[str, Case]:
    return {name: partial(case, name) for name in CACHES}


# -- the graph alone --


class _Reader(Numbers):
    """Its body `reader(n)` reads every key n times."""

    keys: range

    async def reader(self, n: int) -> int:
        self.taken = await time_calls(self.get, self.keys, n)
        return n


async def _hit_in_body(keys: range, loops: int) -> float:
    """In the first loop each makes an edge, later it is there."""
    service = numbers(_Reader)
    service.keys = keys
    await time_calls(service.get, keys, 2)
    assert await service.reader(loops) == loops
    return service.taken


async def _cold_chain(length: int) -> float:
    service = numbers(Numbers)
    gc.collect()
    began = time.process_time_ns()
    assert await service.chain(length - 1) == length
    return (time.process_time_ns() - began) / length


async def _deep_cascade(length: int) -> float:
    service = numbers(Numbers)
    assert await service.chain(length - 1) == length
    return _cascade(service, "chain", length, partial(service.invalidate.chain, 0))


async def _wide_cascade(width: int) -> float:
    service = numbers(Numbers)
    for n in range(width):
        await service.fan(n)
    return _cascade(service, "fan", width, partial(service.invalidate.get, 0))


def _cascade(service: Numbers, method: str, nodes: int, invalidate: Callable[[], None]) -> float:
    """The nanoseconds of a node."""
    table = service._fusion.function(method).table
    assert len(table) == nodes
    gc.collect()
    began = time.process_time_ns()
    invalidate()
    taken = time.process_time_ns() - began
    assert not table
    return taken / nodes


async def _bytes_with_edge() -> float:
    return await bytes_of(numbers(Numbers).fan)


# -- beside the graph --


async def _replica_hit() -> float:
    """What a client of another process answers from its copy; host and client are in this one."""
    network = MemoryNetwork()
    async with (
        Host(transport=network.connect("host")) as host,
        Host(transport=network.connect("client")) as caller,
    ):
        await host.serve(BenchHere())
        value = caller.client(BenchClient).value

        assert await value(1) == await value(1)
        return await time_awaits(value, 1, len(KEYS) * HITS)


async def _import(modules: tuple[str, ...]) -> float:
    """In an interpreter of its own, from bytecode: the first time writes that."""
    names = ", ".join(modules)
    clock = "time.process_time_ns()"
    code = f"import time; began = {clock}; import {names}; print({clock} - began)"
    with TemporaryDirectory() as bytecode:
        places = {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": bytecode}
        for _ in range(2):
            run = await asyncio.create_subprocess_exec(
                sys.executable, "-c", code, stdout=PIPE, env=os.environ | places
            )
            told, _ = await run.communicate()
    return float(told)


# -- all --

REPLICA = "a replica's hit"
IMPORT = "import"
UNDER = ("nats", "msgspec", "pydantic")
"""What fusionrt stands on."""

CALLS: dict[str, dict[str, Case]] = {
    "hit": {LRU_CACHE: _lru_hit} | _each(_hit),
    "hit in a body": {OURS: partial(_hit_in_body, KEYS, HITS)},
    "hit in a body, with a new edge": {OURS: partial(_hit_in_body, FRESH, 1)},
    "miss": {LRU_CACHE: _lru_miss} | _each(_miss),
    "invalidate and recompute": _each(_again),
    REPLICA: {OURS: _replica_hit},
    IMPORT: {
        " + ".join(UNDER): partial(_import, UNDER),
        OURS: partial(_import, ("fusionrt",)),
        "fusionrt, all that a host needs": partial(_import, ("fusionrt.host", "fusionrt.abi")),
    },
}
"""Nanoseconds, by operation and cache."""

GRAPHS: dict[str, dict[str, Case]] = {
    "cold chain, 100,000 deep, a node": {OURS: partial(_cold_chain, 100_000)},
    "cascade, 10,000 deep, a node": {OURS: partial(_deep_cascade, 10_000)},
    "cascade, 100,000 deep, a node": {OURS: partial(_deep_cascade, 100_000)},
    "cascade, 100,000 wide, a node": {OURS: partial(_wide_cascade, 100_000)},
    "cascade, 1,000,000 wide, a node": {OURS: partial(_wide_cascade, 1_000_000)},
}
"""Nanoseconds, too; each takes seconds."""

BYTES: dict[str, dict[str, Case]] = {
    "a result": {LRU_CACHE: _lru_bytes} | _each(_bytes),
    "a result with a dependency": {OURS: _bytes_with_edge},
}
