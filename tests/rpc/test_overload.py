"""More calls than a host can serve in time: each ends in a value or in `Overloaded` (D27)."""

from __future__ import annotations

import asyncio
import contextvars
from collections import Counter
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, cast

import pytest

from fusionrt import CallTimeout, Computed, Host, Overloaded, is_transient
from fusionrt.primitives import now
from fusionrt.remote.failures import as_error, as_failure
from fusionrt.rpc import Answer, Bodies
from fusionrt.rpc.client.session import Session
from fusionrt.rpc.host import gate, pool
from fusionrt.rpc.host.contexts import Contexts
from fusionrt.rpc.host.work import Line, Work
from fusionrt.testing import run
from fusionrt.transport.memory import Faults, MemoryNetwork
from fusionrt.wire.frames import Ending, Kind
from tests.lab import CONTRACT, LabClient, TinyLab
from tests.waiting import until

AT_A_TIME = 100
"""Bodies that run at a time, in the simulated tests."""


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """The host runs fewer bodies at a time than one client may give it."""
    monkeypatch.setattr(gate, "CONCURRENCY", AT_A_TIME)


@dataclass(eq=False)
class Napping(TinyLab):
    """Its bodies wait for so many seconds."""

    nap: float = 1.0
    began: list[str] = field(default_factory=list)

    async def slow(self, key: str) -> int:
        self.began.append(key)
        await asyncio.sleep(self.nap)
        return len(key)

    async def echo(self, text: str) -> str:
        self.began.append(text)
        await asyncio.sleep(self.nap)
        return text

    async def slow_put(self, key: str, value: int) -> int:
        self.began.append(key)
        await asyncio.sleep(self.nap)
        return value


class Outcomes:
    """What came of calls, and how long each took."""

    def __init__(self) -> None:
        self.count: Counter[str] = Counter()
        self.slowest: dict[str, float] = {}

    async def of(self, call: Coroutine[Any, Any, Any]) -> None:
        """Await a call."""
        start = now()
        outcome = "served"
        try:
            result = await call
            if isinstance(result, Computed):
                result.value  # noqa: B018 - raises the error that it holds
        except Overloaded as refused:
            outcome = "refused"
            assert (refused.service, refused.retry_after >= 1.0) == ("lab", True)
        except CallTimeout:
            outcome = "timed out"
        self.count[outcome] += 1
        self.slowest[outcome] = max(self.slowest.get(outcome, 0.0), now() - start)


def calls(client: LabClient, kind: str, name: str, count: int) -> list[Coroutine[Any, Any, Any]]:
    """So many calls of one kind, each with arguments of its own."""
    ways: dict[str, Callable[[str], Coroutine[Any, Any, Any]]] = {
        "compute": lambda key: client.slow(key),
        "computed": lambda key: client.computed.slow(key),
        "plain": lambda key: client.echo(key),
        "command": lambda key: client.slow_put(key, 1),
    }
    return [ways[kind](f"{name} {number}") for number in range(count)]


class Simulation:
    """A host and some clients on a simulated network."""

    def __init__(self) -> None:
        self.network = MemoryNetwork(1, Faults(delay=(0.001, 0.002)))
        self.lab = Napping()
        self.serving = Host(transport=self.network.connect("serving"))

    def host(self, name: str) -> Host:
        """Another process."""
        return Host(transport=self.network.connect(name))

    def leaves_nothing(self, calling: Host) -> bool:
        """Whether neither end has anything left of the calls."""
        served = self.serving.statistics().services["lab"]
        called = calling.statistics().caller.peers["lab"]
        return (
            (served.gate.waiting, served.gate.running, served.gate.clients) == (0, 0, 0)
            and not any(session.running or session.deadlines for session in served.sessions)
            and not any(session.calls or session.session.waiting for session in called.sessions)
        )


@pytest.mark.parametrize("kind", ["compute", "computed", "plain", "command"])
async def test_D27_who_tries_again_without_a_pause_does_not_keep_the_loop(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else no answer could come in, which would make room."""
    network = MemoryNetwork()
    async with (
        Host(transport=network.connect("serving")) as serving,
        Host(transport=network.connect("calling")) as calling,
    ):
        await serving.serve(Napping())
        client = calling.client(LabClient)
        await client.get("a")
        turns: list[bool] = []
        with monkeypatch.context() as full:
            full.setattr(Session, "room", 0)
            full.setattr(Session, "refuses", lambda session, left: 0.5)
            asyncio.get_running_loop().call_soon(turns.append, True)
            (call,) = calls(client, kind, "b", 1)
            with pytest.raises(Overloaded):
                await call
        assert turns


@pytest.mark.usefixtures("few")
@pytest.mark.parametrize("kind", ["compute", "computed", "plain", "command"])
def test_D27_a_burst_ends_in_values_and_refusals(kind: str) -> None:
    """Ten times what can be served in time: as much as can be is served, nothing times out."""
    run(_burst(kind), seed=1)


async def _burst(kind: str) -> None:
    world = Simulation()
    outcomes = Outcomes()
    async with world.serving as serving, world.host("calling") as calling:
        await serving.serve(world.lab)
        client = calling.client(LabClient).with_options(timeout=4.0)
        await client.get("a")
        burst = calls(client, kind, "burst", 40 * AT_A_TIME)
        await asyncio.gather(*(outcomes.of(call) for call in burst))
        assert outcomes.count["timed out"] == 0
        assert outcomes.count.total() == 40 * AT_A_TIME
        assert outcomes.count["served"] >= 2 * AT_A_TIME
        assert outcomes.slowest["served"] <= 4.0
        assert outcomes.slowest["refused"] <= 2.5
        assert len(world.lab.began) == outcomes.count["served"], "a body ran for nobody"
        await until(lambda: world.leaves_nothing(calling))


@pytest.mark.usefixtures("few")
def test_D27_under_lasting_overload_the_host_does_as_much_as_it_can() -> None:
    """At ten times its capacity it serves at least 70 % of what it serves at its capacity."""
    served = {times: run(_lasting(times), seed=1) for times in (1, 10)}
    assert served[10] >= 0.7 * served[1]


async def _lasting(times: int) -> int:
    world = Simulation()
    outcomes = Outcomes()
    async with world.serving as serving, world.host("calling") as calling:
        await serving.serve(world.lab)
        client = calling.client(LabClient).with_options(timeout=2.0)
        tasks = []
        for moment in range(60):
            tasks += [
                asyncio.ensure_future(outcomes.of(call))
                for call in calls(client, "compute", f"{moment}", AT_A_TIME // 10 * times)
            ]
            await asyncio.sleep(0.1)
        await asyncio.gather(*tasks)
        assert outcomes.count["timed out"] <= outcomes.count["served"] * 0.01
        await until(lambda: world.leaves_nothing(calling))
    return outcomes.count["served"]


@pytest.mark.usefixtures("few")
def test_D27_a_client_that_floods_shuts_out_nobody() -> None:
    """Clients take turns: one that asks little is served though another asks for all there is."""
    run(_flood(), seed=1)


async def _flood() -> None:
    world = Simulation()
    flooded, quiet = Outcomes(), Outcomes()
    async with (
        world.serving as serving,
        world.host("one") as one,
        world.host("two") as two,
        world.host("three") as three,
    ):
        await serving.serve(world.lab)
        floods = [host.client(LabClient).with_options(timeout=4.0) for host in (one, two)]
        tasks = [
            asyncio.ensure_future(flooded.of(call))
            for number, client in enumerate(floods)
            for call in calls(client, "plain", f"flood {number}", 20 * AT_A_TIME)
        ]
        await asyncio.sleep(0.5)
        client = three.client(LabClient).with_options(timeout=4.0)
        for call in calls(client, "plain", "quiet", 3):
            await quiet.of(call)
        assert quiet.count == {"served": 3}
        assert quiet.slowest["served"] <= 2.5, "it waited for more than the bodies that ran"
        await asyncio.gather(*tasks)
        assert flooded.count["timed out"] == 0


@pytest.mark.usefixtures("few")
def test_D27_what_is_cancelled_while_it_waits_never_runs() -> None:
    """On both ends: what waits in the client's process, and what waits in line on the host."""
    run(_cancelled(), seed=1)


async def _cancelled() -> None:
    world = Simulation()
    async with world.serving as serving, world.host("one") as one, world.host("two") as two:
        await serving.serve(world.lab)
        tasks = {
            f"{number} {place}": asyncio.ensure_future(call)
            for number, host in enumerate((one, two))
            for place, call in enumerate(
                calls(host.client(LabClient), "compute", str(number), 15 * AT_A_TIME)
            )
        }
        await asyncio.sleep(0.5)
        began = set(world.lab.began)
        waiting = {name: task for name, task in tasks.items() if name not in began}
        for task in waiting.values():
            task.cancel()
        await asyncio.wait(tasks.values())
        assert set(world.lab.began) == began
        assert len(began) == AT_A_TIME
        await until(lambda: world.leaves_nothing(one) and world.leaves_nothing(two))


@pytest.mark.usefixtures("few")
def test_D27_a_lease_is_kept_while_calls_wait() -> None:
    """Keep-alives and invalidations are not starved: what was held stays live, and is told of."""
    run(_live(), seed=1)


async def _live() -> None:
    world = Simulation()
    async with world.serving as serving, world.host("calling") as calling:
        await serving.serve(world.lab)
        client = calling.client(LabClient)
        held = await client.computed.get("a")
        burst = [
            asyncio.ensure_future(Outcomes().of(call))
            for call in calls(client, "plain", "burst", 9 * AT_A_TIME)
        ]
        for _ in range(8):
            await asyncio.sleep(1.0)
            assert held.is_consistent
        world.lab.invalidate.get("a")
        await held.invalidated()
        await asyncio.gather(*burst)


def test_D22_calls_that_wait_are_made_elsewhere_when_their_host_drains() -> None:
    """A host that shuts down finishes what it has; what waits for it goes to another one."""
    run(_drained(), seed=1)


async def _drained() -> None:
    world = Simulation()
    outcomes = Outcomes()
    other = Napping()
    async with world.host("other") as second, world.host("calling") as calling:
        async with world.serving as serving:
            await serving.serve(world.lab)
            client = calling.client(LabClient)
            burst = [
                asyncio.ensure_future(outcomes.of(call))
                for call in calls(client, "command", "burst", 3000)
            ]
            await asyncio.sleep(0.5)
            await second.serve(other)
        await asyncio.gather(*burst)
    assert outcomes.count == {"served": 3000}
    assert (len(world.lab.began), len(other.began)) == (1000, 2000)


class Asker:
    """A client that writes down what becomes of its calls; they run until the test ends them."""

    def __init__(self, name: str, told: list[str]) -> None:
        self.name = name
        self.told = told
        self.line = Line()
        self.asked = 0

    def ask(self, entrance: gate.Gate, count: int) -> None:
        """Calls in one frame."""
        ids = range(self.asked, self.asked + count)
        self.asked += count
        bodies = Bodies(ids, [(id,) for id in ids], self.run, bytes, self.failed)
        client = cast(Any, self)
        entrance.enter(Work(client, self.line, Kind.PLAIN, 7, bodies, now() + 60.0))

    async def run(self, number: int) -> bytes:
        """A body."""
        self.told.append(f"{self.name} {number}")
        return b""

    def failed(self, error: BaseException) -> Answer:
        """None fails."""
        raise error

    def refuse(self, work: Work, ids: list[int], retry_after: float) -> None:
        """They do not run."""
        self.told += [f"{self.name} {id} refused" for id in ids]

    def results(self, kind: Kind, method: int, ids: list[int], payloads: list[bytes]) -> None:
        """They ran."""

    def over(self, work: Work) -> None:
        """That was all."""


def crowd(entrance: gate.Gate) -> None:
    """So many bodies wait that the next call does, too."""
    for _ in range(AT_A_TIME):
        entrance.waits(now())


async def begin(entrance: gate.Gate) -> None:
    """Let the next one begin, which waits, if there is room."""
    work = entrance.next()
    if work is not None:
        await work.body(*work.todo.popleft()[1])
        entrance.took(work)
        entrance.waits(now())


@pytest.mark.usefixtures("few")
async def test_D27_calls_of_one_client_begin_in_order_and_clients_take_turns() -> None:
    """Who came with one call waits for one call of each other client, not for all of them."""
    told: list[str] = []
    entrance = gate.Gate(1000)
    crowd(entrance)
    many, few = Asker("many", told), Asker("few", told)
    many.ask(entrance, 1)
    many.ask(entrance, 3)
    few.ask(entrance, 2)
    entrance.leave(few.line, 1)
    await begin(entrance)
    assert told == []
    for _ in range(6):
        entrance.stopped(now())
        await begin(entrance)
    assert told == ["many 0", "few 0", "many 1", "many 2", "many 3"]
    assert entrance.statistics().waiting == entrance.statistics().clients == 0


@pytest.mark.usefixtures("few")
async def test_D27_clients_share_the_room_for_bodies_that_wait() -> None:
    """Each may begin so many at once that as many are left for the others; one at least."""
    told: list[str] = []
    entrance = gate.Gate(1000)
    many, few = Asker("many", told), Asker("few", told)
    many.ask(entrance, AT_A_TIME)
    assert entrance.share == AT_A_TIME
    few.ask(entrance, 1)
    assert entrance.share == AT_A_TIME // 2
    entrance.waits(now(), AT_A_TIME - 1)
    assert entrance.share == 1
    entrance.stopped(now(), AT_A_TIME - 1)
    assert entrance.share == AT_A_TIME // 2


@pytest.mark.usefixtures("few")
@pytest.mark.parametrize("frames", [(5,), (1, 1, 1, 1, 1), (2, 3)])
async def test_D27_one_client_has_so_many_calls_in_line(frames: tuple[int, ...]) -> None:
    """One that sends more than its runtime would is refused; memory is bounded."""
    told: list[str] = []
    entrance = gate.Gate(3)
    crowd(entrance)
    asker = Asker("it", told)
    for count in frames:
        asker.ask(entrance, count)
    assert told == ["it 3 refused", "it 4 refused"]


@pytest.mark.parametrize("size", [1, 64, 900])
async def test_D27_what_comes_is_heard_between_bodies(size: int) -> None:
    """However many calls come at once, bodies run a few at a time, and other callbacks between."""
    told: list[str] = []
    entrance = gate.Gate(1000)
    loop = asyncio.get_running_loop()
    bodies = pool.Pool(entrance, Contexts(contextvars.copy_context()), loop.call_soon, lambda: None)
    asker = Asker("it", told)
    while asker.asked < 900:
        asker.ask(entrance, min(size, 900 - asker.asked))
    bodies.wake()
    heard = [len(told)]
    while len(told) < 900:
        await asyncio.sleep(0)
        heard.append(len(told))
    assert max(after - before for before, after in pairwise(heard)) <= pool.MOST
    assert told == [f"it {number}" for number in range(900)]


def test_D27_overloaded_tells_what_is_overloaded_over_any_number_of_hosts() -> None:
    """It travels by its code; a body that met it in another service passes its facts on."""
    told = as_failure(Overloaded("stock", "level", 2.5), CONTRACT, "get")
    assert told.code == "overloaded"
    error = as_error(told, CONTRACT, "get", 1.0)
    assert isinstance(error, Overloaded)
    assert (error.service, error.method, error.retry_after) == ("stock", "level", 2.5)
    assert is_transient(error)
    again = as_error(as_failure(error, CONTRACT, "double"), CONTRACT, "double", 1.0)
    assert str(again) == str(error)


def test_G22_a_body_that_met_overload_is_not_tried_before_the_time_that_it_was_told() -> None:
    """Its error is cached for the refusal's `retry_after`, and no longer."""

    class Refused(TinyLab):
        async def get(self, key: str) -> int:
            self.ran.append(key)
            raise Overloaded("stock", "level", 3.0)

    async def read() -> None:
        lab = Refused()
        for moments, bodies in (2.9, 1), (0.2, 2):
            with pytest.raises(Overloaded):
                await lab.get("a")
            await asyncio.sleep(moments)
            with pytest.raises(Overloaded):
                await lab.get("a")
            assert len(lab.ran) == bodies

    run(read(), seed=1)


def test_D21_a_refusal_whose_facts_cannot_be_read_is_still_a_refusal() -> None:
    """What a newer or hostile host says of it is checked."""
    for data in (b"", b"\xff", b"\x93\xcb\x7f\xf8\x00\x00\x00\x00\x00\x00\xa0\xa0"):
        error = as_error(Ending("overloaded", "", data), CONTRACT, "get", 1.0)
        assert isinstance(error, Overloaded)
        assert (error.service, error.method, error.retry_after) == ("lab", "get", 1.0)


async def test_D27_over_a_real_broker_nothing_times_out(nats_server: str) -> None:
    """More calls at once than can be served in their time: a value or `Overloaded` for each. A
    second is left when the third thousand has ended, for the way back.
    """
    lab, outcomes = Napping(nap=2.0), Outcomes()
    async with Host(nats_server) as serving, Host(nats_server) as calling:
        await serving.serve(lab)
        client = calling.client(LabClient).with_options(timeout=7.0)
        await client.get("a")
        burst = calls(client, "compute", "burst", 4000)
        await asyncio.gather(*(outcomes.of(call) for call in burst))
    assert outcomes.count["timed out"] == 0
    assert outcomes.count["served"] >= 500
    assert outcomes.count["refused"] >= 1
