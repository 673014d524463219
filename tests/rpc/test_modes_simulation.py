"""Calls of every mode on a bad network, whose hosts crash, leave and come: how often did they run?

The oracle is the errors' own word: what succeeded ran once; what cannot have run did not; what may
have run did so at most once, unless it may run twice.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from fusionrt import CallTimeout, OutcomeUnknown, Overloaded, RemoteUnavailable
from fusionrt.primitives import now
from fusionrt.rpc import Peer
from fusionrt.testing import run
from fusionrt.transport.memory import MemoryNetwork
from fusionrt.wire.kept import Kept
from tests.golden.modes.expected.notes import NotesClient, NotesService
from tests.rpc.world import BAD, CALM, Process
from tests.sizes import size

SECONDS = 60.0
_FAILURES = (RemoteUnavailable, CallTimeout, Overloaded)


@dataclass(eq=False)
class Counted(NotesService):
    """Counts the bodies of all hosts, by what they were told."""

    ran: Counter[str]
    random: random.Random

    async def _run(self, text: str) -> None:
        self.ran[text] += 1
        await asyncio.sleep(self.random.choice([0.0, 0.0, 0.01, 0.5]))

    async def append(self, text: str) -> int:
        await self._run(text)
        return 1

    async def find(self, text: str, *, limit: int = 20) -> tuple[str, ...]:
        await self._run(text)
        return (text,)

    async def note(self, text: str) -> None:
        await self._run(text)

    async def beat(self) -> None:
        raise NotImplementedError

    async def write(self, text: str) -> None:
        raise NotImplementedError

    async def lines(self, since: int = 0) -> AsyncIterator[str]:
        raise NotImplementedError
        yield ""


@dataclass
class Place:
    """The hosts and their clients, and what was told of each call."""

    seed: int
    ran: Counter[str] = field(default_factory=Counter)
    told: dict[str, Exception | None] = field(default_factory=dict)
    hosts: list[Process] = field(default_factory=list)
    made: int = 0

    def __post_init__(self) -> None:
        self.random = random.Random(f"modes {self.seed}")
        self.network = MemoryNetwork(self.seed, CALM)

    async def host(self) -> None:
        """One more."""
        self.made += 1
        process = Process(self.network, f"host{self.made}")
        await process.host.__aenter__()
        await process.host.serve(Counted(self.ran, self.random))
        self.hosts.append(process)

    async def call(self, client: NotesClient) -> None:
        """One, of some mode."""
        mode = self.random.choice(["append", "append", "find", "note"])
        text = f"{mode} {len(self.told)}"
        self.told[text] = None
        view = client.with_options(timeout=8.0, retries=self.random.choice([0, 0, 3]))
        calls: dict[str, Callable[[str], Awaitable[object]]] = {
            "append": view.append,
            "find": view.find,
            "note": view.note,
        }
        try:
            await calls[mode](text)
        except _FAILURES as error:
            self.told[text] = error

    async def trouble(self, client: Process) -> None:
        """Something happens to some process."""
        victim = self.random.choice([*self.hosts, client])
        match self.random.choice(["crash", "leave", "disconnect", "partition"]):
            case "crash" if victim is not client:
                self.hosts.remove(victim)
                await victim.crash()
                await self.host()
            case "leave" if victim is not client and victim.connected:
                self.hosts.remove(victim)
                await victim.leave()
                await self.host()
            case "disconnect":
                victim.disconnect()
                await asyncio.sleep(self.random.choice([0.1, 1.0, 4.0]))
                victim.reconnect()
            case "partition":
                self.network.partition(victim.name)
                await asyncio.sleep(self.random.choice([0.5, 3.0, 9.0]))
                self.network.heal()


async def play(seed: int) -> Place:
    """Calls while there is trouble, then none."""
    place = Place(seed)
    for _ in range(2):
        await place.host()
    client = Process(place.network, "client")
    notes = (await client.host.__aenter__()).client(NotesClient)
    place.network.faults = BAD
    end, calls = now() + SECONDS, []
    troubles = asyncio.ensure_future(_troubles(place, client, end))
    while now() < end:
        await asyncio.sleep(place.random.expovariate(10.0))
        calls.append(asyncio.ensure_future(place.call(notes)))
    await asyncio.gather(troubles, *calls)
    place.network.faults = CALM
    await asyncio.sleep(15.0)
    for process in (client, *place.hosts):
        await process.leave()
    return place


async def _troubles(place: Place, client: Process, end: float) -> None:
    while now() < end:
        await asyncio.sleep(place.random.expovariate(0.5))
        await place.trouble(client)


def judge(place: Place) -> None:
    """What was told of each call is true."""
    for text, error in place.told.items():
        mode, times = text.split()[0], place.ran[text]
        if error is not None and not error.may_have_run:  # type: ignore[attr-defined]
            assert times == 0, f"{text} ran, though it cannot have: {error!r}"
        if mode != "find":
            assert times <= 1, f"{text} ran {times} times (D13)"
        if error is None and mode != "note":
            assert times >= 1, f"{text} did not run, and has a result"
        if mode == "find":
            assert not isinstance(error, OutcomeUnknown)


@pytest.mark.search
def test_D13_what_errors_say_of_calls_is_true_on_a_bad_network() -> None:
    """And nothing runs twice that may not."""
    told: Counter[str] = Counter()
    for seed in range(size(6, 200)):
        place = run(play(seed), seed=seed)
        judge(place)
        told.update(type(error).__name__ for error in place.told.values())
    assert {"NoneType", "OutcomeUnknown", "RemoteUnavailable"} <= set(told)


def _forget(add: Any) -> Any:
    """Keep no result that the client may lack."""

    def mutant(self: Kept, number: int, frames: object) -> None:
        add(self, number, frames)
        while self._words:
            self._drop()

    return mutant


def _resend(_: Any) -> Any:
    """Make every call of a lost host again."""
    return lambda self, call, reason: self._send(call)


def _never_in_doubt(_: Any) -> Any:
    """Say of what was sent that it cannot have run."""
    return lambda self, call, reason: call.fail(RemoteUnavailable(self.service, reason))


MUTANTS = {
    "results are forgotten when sent": (Kept, "add", _forget),
    "plain calls are made again": (Peer, "_host_lost", _resend),
    "nothing is in doubt": (Peer, "_host_lost", _never_in_doubt),
}


@pytest.mark.parametrize("mutant", MUTANTS)
def test_D13_the_oracle_sees_what_is_wrong(mutant: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A check that cannot fail is worth nothing."""
    owner, name, change = MUTANTS[mutant]
    monkeypatch.setattr(owner, name, change(getattr(owner, name)))
    with pytest.raises(AssertionError, match=r"\(D13\)|cannot have"):
        for seed in range(20):
            judge(run(play(seed), seed=seed))
