"""Hosts that share a log, over a network in memory that loses what it likes, seed by seed."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack

import pytest

from fusionrt import Host, JetStreamLog, JetStreamUnavailable, OutcomeUnknown
from fusionrt.operations import Nudges
from fusionrt.testing import run
from fusionrt.transport.memory import Faults, MemoryNetwork
from tests.lab import TinyLab
from tests.rpc.test_reads_of_writes import SLOW, Chain, chained
from tests.sizes import size

from .hosts import STREAM

SEEDS = size(25, 400, 1000)
NAMES = "one", "two", "three"
Check = Callable[[MemoryNetwork, list[TinyLab], random.Random], Awaitable[None]]


def over_seeds(test: Callable[[int], Awaitable[None]]) -> None:
    """A failure names its seed."""
    for seed in range(SEEDS):
        try:
            run(_of(test, seed), seed=seed)
        except BaseException as error:
            error.add_note(f"seed {seed}")
            raise


async def _of(test: Callable[[int], Awaitable[None]], seed: int) -> None:
    await test(seed)


def on_three_hosts(check: Check) -> None:
    """Labs that share their data, on a network that delays."""

    async def once(seed: int) -> None:
        network = MemoryNetwork(seed, SLOW)
        async with AsyncExitStack() as exits:
            data = {"a": 0, "b": 0}
            labs = [TinyLab(data) for _ in NAMES]
            for name, lab in zip(NAMES, labs, strict=True):
                host = Host(transport=network.connect(name), log=JetStreamLog(retention=60.0))
                await (await exits.enter_async_context(host)).serve(lab)
            await check(network, labs, random.Random(seed))
            network.heal()
            network.faults = Faults()
            await asyncio.sleep(10)
            for lab in labs:
                assert await lab.double("a") == 2 * data["a"], "a read is stale after quiet time"
                assert await lab.double("b") == 2 * data["b"], "a read is stale after quiet time"

    over_seeds(once)


async def load(labs: list[TinyLab], chance: random.Random, rounds: int = 30) -> None:
    """Reads everywhere, and commands anywhere."""
    for value in range(rounds):
        for lab in labs:
            await lab.double(chance.choice("ab"))
        try:
            await chance.choice(labs).put(chance.choice("ab"), value + 1)
        except (OutcomeUnknown, JetStreamUnavailable):
            continue
        await asyncio.sleep(chance.random() / 5)


@pytest.mark.search
def test_O4_every_change_is_applied_though_half_of_all_messages_are_lost(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """No nudges; records, answers and questions are lost, and doubled: gaps are read again (O8)."""
    monkeypatch.setattr(Nudges, "tell", lambda *_: None)

    async def check(network: MemoryNetwork, labs: list[TinyLab], chance: random.Random) -> None:
        network.faults = Faults(delay=(0.0, 0.05), drop=chance.choice((0.1, 0.5)), duplicate=0.1)
        await load(labs, chance)

    on_three_hosts(check)


@pytest.mark.search
def test_O18_a_partition_ends_in_the_same_state_everywhere(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Hosts are cut off, lose their connections, and come back; what could not be stored then is
    stored later.
    """
    monkeypatch.setattr(Nudges, "tell", lambda *_: None)

    async def check(network: MemoryNetwork, labs: list[TinyLab], chance: random.Random) -> None:
        for _ in range(3):
            await load(labs, chance, 5)
            name = chance.choice(NAMES)
            if chance.random() < 0.5:
                network.partition(name)
                await load(labs, chance, 5)
                network.heal()
            else:
                network.disconnect(name)
                await load(labs, chance, 5)
                network.reconnect(name)

    on_three_hosts(check)


@pytest.mark.search
def test_O9_whatever_happens_to_the_stream_no_read_stays_stale(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It is deleted, purged, or goes back, while hosts are cut off from it."""
    monkeypatch.setattr(Nudges, "tell", lambda *_: None)

    async def check(network: MemoryNetwork, labs: list[TinyLab], chance: random.Random) -> None:
        stream = network.streams[STREAM]
        for _ in range(3):
            await load(labs, chance, 5)
            network.disconnect("two")
            await load([labs[0], labs[2]], chance, 5)
            match chance.randrange(3):
                case 0:
                    stream.delete()
                case 1:
                    stream.purge()
                case 2:  # its broker crashed, so nobody is connected
                    for name in ("one", "three"):
                        network.disconnect(name)
                    stream.forget(min(3, len(stream.entries)))
                    for name in ("one", "three"):
                        network.reconnect(name)
            await load([labs[0], labs[2]], chance, chance.randrange(8))
            network.reconnect("two")

    on_three_hosts(check)


@pytest.mark.search
def test_D15_reads_reflect_commands_that_returned() -> None:
    """Over three services and two hosts of the first, all with the log."""

    async def once(seed: int) -> None:
        async with chained(seed, log=JetStreamLog()) as chain:
            await _writes(chain, random.Random(seed))

    over_seeds(once)


async def _writes(chain: Chain, chance: random.Random) -> None:
    for price in range(2, 12):
        id = chance.choice("ab")
        await chain.prices.put(id, price)
        await chain.check(id)
