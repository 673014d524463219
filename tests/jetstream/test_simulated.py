"""Hosts that share a log, over a network in memory that loses what it likes, seed by seed."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack

import pytest

from fusionrt import Host, JetStreamLog, JetStreamUnavailable, OutcomeUnknown
from fusionrt.operations import Nudges
from fusionrt.operations.jetstream.following import Following, _Ear, _Place
from fusionrt.operations.jetstream.storing import Storing
from fusionrt.testing import run
from fusionrt.transport import Extent
from fusionrt.transport.memory import Faults, MemoryNetwork
from tests.lab import TinyLab
from tests.rpc.test_reads_of_writes import SLOW, Chain, chained
from tests.sizes import size

from .hosts import STREAM

SEEDS = size(25, 1000)
NAMES = "one", "two", "three"
Check = Callable[[MemoryNetwork, list[TinyLab], random.Random], Awaitable[None]]


def over_seeds(test: Callable[[int], Awaitable[None]], seeds: int = SEEDS) -> None:
    """A failure names its seed."""
    for seed in range(seeds):
        try:
            run(_of(test, seed), seed=seed)
        except BaseException as error:
            error.add_note(f"seed {seed}")
            raise


async def _of(test: Callable[[int], Awaitable[None]], seed: int) -> None:
    await test(seed)


def on_three_hosts(check: Check, seeds: int = SEEDS) -> None:
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

    over_seeds(once, seeds)


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


async def lossy(network: MemoryNetwork, labs: list[TinyLab], chance: random.Random) -> None:
    """Records, answers and questions are lost, and doubled."""
    network.faults = Faults(delay=(0.0, 0.05), drop=chance.choice((0.1, 0.5)), duplicate=0.1)
    await load(labs, chance)


async def parted(network: MemoryNetwork, labs: list[TinyLab], chance: random.Random) -> None:
    """Hosts are cut off, lose their connections, and come back."""
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


async def tampered(network: MemoryNetwork, labs: list[TinyLab], chance: random.Random) -> None:
    """The stream is deleted, purged, or goes back, while hosts are cut off from it."""
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


@pytest.fixture(autouse=True)
def silent(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """No host nudges another one, but where that is what is looked at."""
    if "D15" not in request.node.name:
        monkeypatch.setattr(Nudges, "tell", lambda *_: None)


@pytest.mark.search
def test_O4_every_change_is_applied_though_half_of_all_messages_are_lost() -> None:
    """Without any nudge: a gap is read again, and what comes twice does no harm (O8)."""
    on_three_hosts(lossy)


@pytest.mark.search
def test_O18_a_partition_ends_in_the_same_state_everywhere() -> None:
    """What could not be stored while it lasted is stored later."""
    on_three_hosts(parted)


@pytest.mark.search
def test_O9_whatever_happens_to_the_stream_no_read_stays_stale() -> None:
    """What a host cannot know to have read invalidates everything there."""
    on_three_hosts(tampered)


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


def _hear_everything(self: _Ear, number: int) -> bool:
    self._number = number
    return self._following._ear is self


async def _miss_nothing(self: Following, extent: Extent, place: _Place) -> str:
    return ""


async def _look_at_positions_only(self: Following, extent: Extent, place: _Place) -> str:
    if extent.made != place.made or not extent.first - 1 <= place.position <= extent.last:
        return "it is another one"
    return ""


def _owe_nothing(self: Storing, entry: object) -> None:
    pass


def _tell_nobody(self: Storing, extent: Extent) -> None:
    pass


MUTANTS = {
    "O4-gaps-are-ignored": (_Ear, "_goes_on", _hear_everything, lossy),
    "O9-a-lost-history-is-ignored": (Following, "_missing", _miss_nothing, tampered),
    "O9-what-stands-there-is-not-compared": (
        Following,
        "_missing",
        _look_at_positions_only,
        tampered,
    ),
    "O9-who-was-behind-is-not-told": (Storing, "history_lost", _tell_nobody, tampered),
    "O20-what-was-not-stored-is-forgotten": (Storing, "_owe", _owe_nothing, lossy),
}


@pytest.mark.search
@pytest.mark.parametrize("name", MUTANTS)
def test_a_mutant_is_caught(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The simulation can fail: it does for each of these."""
    owner, member, mutant, check = MUTANTS[name]
    monkeypatch.setattr(owner, member, mutant)
    with pytest.raises(AssertionError, match="a read is stale after quiet time"):
        on_three_hosts(check, 300)
