"""How often a call runs, by its declared mode, when hosts are lost and refuse (D9, D13, D27)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pytest

from fusionrt import Host, OutcomeUnknown, Overloaded, RemoteUnavailable
from fusionrt.primitives import now
from fusionrt.remote.retries import patiently
from fusionrt.testing import run
from fusionrt.transport.memory import MemoryNetwork
from fusionrt.transport.nats import NatsTransport
from tests.golden.modes.expected.notes import NotesClient, NotesService
from tests.lab import Lab, LabClient, TinyLab
from tests.waiting import SOONER, until


@dataclass(eq=False)
class Notes(NotesService):
    """Bodies that wait until the gate opens; those of `lines` after so many items."""

    gate: asyncio.Event = field(default_factory=asyncio.Event)
    ran: list[str] = field(default_factory=list)
    waiting: int = 0
    items: int = 0

    async def _at_gate(self, what: str) -> None:
        self.ran.append(what)
        self.waiting += 1
        await self.gate.wait()

    async def find(self, text: str, *, limit: int = 20) -> tuple[str, ...]:
        await self._at_gate(f"find {text}")
        return (text,)

    async def lines(self, since: int = 0) -> AsyncIterator[str]:
        for number in range(self.items):
            yield str(number)
        await self._at_gate("lines")
        yield "last"

    async def note(self, text: str) -> None:
        await self._at_gate(f"note {text}")
        if text == "bad":
            raise ValueError("the password is 12345")

    async def beat(self) -> None:
        self.ran.append("beat")

    async def write(self, text: str) -> None:
        self.ran.append("write")

    async def append(self, text: str) -> int:
        await self._at_gate(f"append {text}")
        return len(self.ran)


@dataclass
class Cluster:
    """Hosts of the notes over one broker, the first of them in a process that can be lost."""

    hosts: list[Notes]
    client: NotesClient
    serving: list[Host]
    lose: Callable[[], Awaitable[None]]

    def runner(self) -> Notes:
        """The host that runs a body."""
        (found,) = [notes for notes in self.hosts if notes.waiting]
        return found


@asynccontextmanager
async def cluster(url: str) -> AsyncIterator[Cluster]:
    """One host; `lose` adds another one and ends the first without a word."""
    async with AsyncExitStack() as stack:
        transport = await NatsTransport.connect(url)
        first, second = Notes(), Notes(gate=asyncio.Event())
        second.gate.set()
        host = await stack.enter_async_context(Host(transport=transport, timing=SOONER))
        await host.serve(first)
        calling = await stack.enter_async_context(Host(url, timing=SOONER))
        hosts, serving = [first, second], [host]

        async def lose() -> None:
            other = await stack.enter_async_context(Host(url, timing=SOONER))
            await other.serve(second)
            serving.append(other)
            await transport.close(drain=False)

        yield Cluster(hosts, calling.client(NotesClient), serving, lose)
        first.gate.set()


async def test_D13_an_idempotent_call_is_made_again_where_its_host_is_lost(
    nats_server: str,
) -> None:
    """Its body had begun at the lost host; another one runs it, and the caller sees a result."""
    async with cluster(nats_server) as it:
        call = asyncio.create_task(it.client.find("tea"))
        await until(lambda: it.hosts[0].waiting == 1)
        await it.lose()
        assert await call == ("tea",)
        assert [notes.ran for notes in it.hosts] == [["find tea"], ["find tea"]]


async def test_D13_a_plain_call_runs_at_most_once(nats_server: str) -> None:
    """Without a declared mode nobody else runs it: its caller learns that it may have run."""
    async with cluster(nats_server) as it:
        call = asyncio.create_task(it.client.append("tea"))
        await until(lambda: it.hosts[0].waiting == 1)
        await it.lose()
        with pytest.raises(OutcomeUnknown, match="may have run") as caught:
            await call
        assert caught.value.may_have_run
        assert caught.value.service == "notes"
        assert it.hosts[1].ran == []
        assert await it.client.append("milk") == 1


async def test_D13_a_compute_method_past_the_cache_may_always_run_again(nats_server: str) -> None:
    """Also inside of a command, where its call is a plain one on the wire."""
    first, second = TinyLab({"a": 1}), TinyLab({"a": 2})
    second.gate.set()
    transport = await NatsTransport.connect(nats_server)
    async with (
        Host(transport=transport, timing=SOONER) as one,
        Host(nats_server, timing=SOONER) as two,
        Host(nats_server, timing=SOONER) as calling,
    ):
        await one.serve(first)
        client = calling.client(LabClient)
        call: asyncio.Task[int] = asyncio.create_task(client._fusion.raw("slow", ("a",)))
        await until(lambda: first.waiting == 1)
        await two.serve(second)
        await transport.close(drain=False)
        assert await call == 2
        first.gate.set()


async def test_D13_a_plain_call_that_never_left_goes_to_another_host(nats_server: str) -> None:
    """It waited in its client's process, behind as many as a host takes at a time."""
    async with cluster(nats_server) as it:
        session = it.client._fusion._peer
        begun = [asyncio.create_task(it.client.append(str(n))) for n in range(1000)]
        await until(lambda: it.hosts[0].waiting == 1000)
        late = asyncio.create_task(it.client.append("late"))
        await until(lambda: session.statistics().sessions[0].session.waiting == 1)
        await it.lose()
        outcomes = await asyncio.gather(*begun, return_exceptions=True)
        assert {type(outcome) for outcome in outcomes} == {OutcomeUnknown}
        assert await late == 1


@pytest.mark.parametrize("items", [0, 2])
async def test_D13_an_idempotent_stream_starts_again_as_long_as_nothing_of_it_came(
    nats_server: str, items: int
) -> None:
    """Its reader does not see that another host begins; once it has items, it sees the end."""
    async with cluster(nats_server) as it:
        it.hosts[0].items = items
        heard: list[str] = []

        async def read() -> None:
            async for line in it.client.lines():
                heard.extend([line])

        reading = asyncio.create_task(read())
        await until(lambda: it.hosts[0].waiting == 1 and len(heard) == items)
        await it.lose()
        if items:
            with pytest.raises(RemoteUnavailable, match="start the stream anew"):
                await reading
        else:
            await reading
        assert heard == (["0", "1"] if items else ["last"])
        assert it.hosts[1].ran == ([] if items else ["lines"])


async def test_D22_an_idempotent_stream_moves_with_its_client(nats_server: str) -> None:
    """The host of a stream of which nothing came drains: another one starts it."""
    async with AsyncExitStack() as stack:
        first, second = Notes(), Notes()
        second.gate.set()
        leaving = Host(nats_server, timing=SOONER)
        await leaving.__aenter__()
        await leaving.serve(first)
        client = (await stack.enter_async_context(Host(nats_server, timing=SOONER))).client(
            NotesClient
        )
        reading = asyncio.create_task(_all(client.lines()))
        await until(lambda: first.waiting == 1)
        await (await stack.enter_async_context(Host(nats_server, timing=SOONER))).serve(second)
        await leaving.__aexit__(None, None, None)
        assert await reading == ["last"]


async def _all(items: AsyncIterator[str]) -> list[str]:
    return [item async for item in items]


# -- one-way calls --


async def test_a_one_way_call_returns_before_its_body_ends(nats_server: str) -> None:
    """Nobody waits for it, and nothing is told of it; the calls before and after it are."""
    async with cluster(nats_server) as it:
        await it.client.beat()
        await until(lambda: it.hosts[0].ran == ["beat"])
        (before,) = it.serving[0].statistics().services["notes"].sessions
        for n in range(5):
            await it.client.note(str(n))
        await until(lambda: it.hosts[0].waiting == 5)
        it.hosts[0].gate.set()
        await until(lambda: it.serving[0].statistics().services["notes"].gate.running == 0)
        (after,) = it.serving[0].statistics().services["notes"].sessions
        assert after.session.sent == before.session.sent
        assert after.session.registered == 0
        assert await it.client.find("x") == ("x",)


async def test_D29_what_a_one_way_call_fails_with_is_counted_and_logged(
    nats_server: str, caplog: pytest.LogCaptureFixture
) -> None:
    """The body's error, and arguments that are none; its caller sees neither."""
    async with cluster(nats_server) as it:
        it.hosts[0].gate.set()
        await it.client.note("bad")
        await it.client.note(17)  # type: ignore[arg-type]
        await it.client.note("good")
        await until(lambda: it.serving[0].statistics().services["notes"].unheard == 2)
        await until(lambda: "note good" in it.hosts[0].ran)
        assert "12345" in caplog.text
        assert "1 one-way calls of notes came to nothing" in caplog.text


async def test_D21_one_way_calls_that_come_to_nothing_do_not_fill_the_log(
    nats_server: str, caplog: pytest.LogCaptureFixture
) -> None:
    """All are counted; of those that cannot be read a line is written in a while."""
    async with cluster(nats_server) as it:
        it.hosts[0].gate.set()
        for number in range(20):
            await it.client.note(number)  # type: ignore[arg-type]
            await it.client.find(str(number))  # so that it was not sent with the next one
        await until(lambda: it.serving[0].statistics().services["notes"].unheard == 20)
        assert caplog.text.count("came to nothing") == 1


async def test_a_one_way_call_outlives_its_client(nats_server: str) -> None:
    """A process may tell, and end: its host does not stop what nobody waits for."""
    async with cluster(nats_server) as it:
        async with Host(nats_server, timing=SOONER) as passing:
            client = passing.client(NotesClient)
            await client.note("tea")
            waits = asyncio.create_task(client.append("milk"))
            await until(lambda: it.hosts[0].waiting == 2)
        with pytest.raises(OutcomeUnknown, match="this client's host was closed"):
            await waits
        statistics = it.serving[0].statistics
        await until(lambda: statistics().services["notes"].sessions == ())
        await until(lambda: statistics().services["notes"].gate.running == 1)
        it.hosts[0].gate.set()
        await until(lambda: statistics().services["notes"].gate.running == 0)
        assert it.hosts[0].ran == ["note tea", "append milk"]


async def test_D22_a_host_that_drains_ends_the_one_way_calls_of_clients_that_left(
    nats_server: str,
) -> None:
    """What it took is done before it goes."""
    notes = Notes()
    serving = Host(nats_server, timing=SOONER)
    await serving.__aenter__()
    await serving.serve(notes)
    async with Host(nats_server, timing=SOONER) as passing:
        await passing.client(NotesClient).note("tea")
        await until(lambda: notes.waiting == 1)
    leaving = asyncio.create_task(serving.__aexit__(None, None, None))
    asyncio.get_running_loop().call_later(0.2, notes.gate.set)
    await leaving
    assert notes.gate.is_set()


async def test_a_one_way_call_waits_for_a_host_and_no_longer(nats_server: str) -> None:
    """It is an error that nobody serves it, for it never left."""
    async with Host(nats_server, timing=SOONER) as calling:
        with pytest.raises(RemoteUnavailable, match="no host serves it") as caught:
            await calling.client(NotesClient).note("tea")
        assert not caught.value.may_have_run


async def test_D27_one_way_calls_keep_the_pace_of_the_broker(nats_server: str) -> None:
    """After a thousand the next one returns when the broker has them."""
    async with cluster(nats_server) as it:
        it.hosts[0].gate.set()
        for _ in range(999):
            await it.client.beat()
        peer = it.client._fusion._peer
        assert peer._told == 999
        await it.client.beat()
        assert peer._told == 0
        await until(lambda: len(it.hosts[0].ran) == 1000)


# -- tries --


@dataclass
class Attempts:
    """Fails with these, one after the other."""

    failures: list[Exception]
    at: list[float] = field(default_factory=list)
    left: list[float] = field(default_factory=list)

    async def __call__(self, seconds: float) -> str:
        self.at.append(now())
        self.left.append(seconds)
        if self.failures:
            raise self.failures.pop(0)
        return "done"


def _tried(
    *failures: Exception, timeout: float = 10.0, retries: int = 3, repeats: bool = False
) -> tuple[Attempts, Exception | None]:
    """What was tried in virtual time, and what it ended with."""
    attempts = Attempts(list(failures))

    async def scenario() -> Exception | None:
        try:
            await patiently(attempts, timeout, retries, repeats=repeats)
        except Exception as error:
            return error
        return None

    return attempts, run(scenario(), seed=1)


UNREACHED = RemoteUnavailable("notes", "no host serves it")
UNKNOWN = OutcomeUnknown("notes", "its host is gone")
NESTED = Overloaded("carts", "get", 1.0, may_have_run=True)


def test_D27_a_retry_is_not_before_the_host_has_room() -> None:
    """`retry_after` is kept, and spread so that the refused do not come back together."""
    attempts, error = _tried(Overloaded("notes", "find", 2.0), Overloaded("notes", "find", 2.0))
    waits = [later - sooner for sooner, later in zip(attempts.at, attempts.at[1:], strict=False)]
    assert error is None
    assert len(waits) == 2 and all(2.0 <= wait <= 3.0 for wait in waits)


def test_retries_come_later_and_later_within_the_time_of_the_call() -> None:
    """Each has the time that is left; what would come after it is not tried."""
    attempts, error = _tried(*[UNREACHED] * 9, timeout=1.0, retries=9)
    waits = [later - sooner for sooner, later in zip(attempts.at, attempts.at[1:], strict=False)]
    assert error is UNREACHED
    assert waits == sorted(waits) and 2 <= len(waits) <= 3
    assert [attempts.at[0] + 1.0 - at for at in attempts.at] == pytest.approx(attempts.left)
    assert all(left > 0 for left in attempts.left)


@pytest.mark.parametrize("error", [UNKNOWN, NESTED], ids=["unknown", "nested"])
def test_D13_what_may_have_run_is_tried_again_only_if_it_may_run_twice(error: Exception) -> None:
    """A body that was refused by another service had begun, too."""
    attempts, raised = _tried(error)
    assert (raised, len(attempts.at)) == (error, 1)
    attempts, raised = _tried(error, repeats=True)
    assert (raised, len(attempts.at)) == (None, 2)


def test_no_more_tries_than_were_asked_for() -> None:
    """The last error is raised."""
    attempts, error = _tried(*[UNREACHED] * 5, retries=2)
    assert (error, len(attempts.at)) == (UNREACHED, 3)


@pytest.mark.parametrize("kind", ["plain", "idempotent", "one-way", "compute", "command"])
def test_each_kind_of_call_is_tried_again_until_there_is_a_host(kind: str) -> None:
    """A client with `retries` outlives the time in which nobody serves; without, it does not."""

    async def scenario() -> None:
        network = MemoryNetwork()
        async with Host(transport=network.connect("calling"), timing=SOONER) as calling:
            calls = _calls(calling, retries=0)
            with pytest.raises(RemoteUnavailable, match="no host serves it"):
                await calls[kind]()
            call = asyncio.ensure_future(_calls(calling, retries=5)[kind]())
            await asyncio.sleep(3.0)
            assert not call.done()
            async with Host(transport=network.connect("serving"), timing=SOONER) as serving:
                notes = Notes()
                notes.gate.set()
                await serving.serve(notes)
                await serving.serve(TinyLab({"a": 1}))
                await call

    run(scenario(), seed=1)


def _calls(calling: Host, retries: int) -> dict[str, Callable[[], Coroutine[Any, Any, Any]]]:
    notes = calling.client(NotesClient).with_options(timeout=20.0, retries=retries)
    lab: Lab = calling.client(LabClient).with_options(timeout=20.0, retries=retries)
    return {
        "plain": partial(notes.append, "a"),
        "idempotent": partial(notes.find, "a"),
        "one-way": partial(notes.note, "a"),
        "compute": partial(lab.get, "a"),
        "command": partial(lab.put, "a", 1),
    }


async def test_a_client_with_retries_asks_as_one_without(nats_server: str) -> None:
    """Its first tries share what calls have in common, so that they travel together."""
    async with (
        Host(nats_server, timing=SOONER) as serving,
        Host(nats_server, timing=SOONER) as calling,
    ):
        notes = Notes()
        notes.gate.set()
        await serving.serve(notes)
        client = calling.client(NotesClient).with_options(retries=3)
        await asyncio.gather(*[client.append(str(n)) for n in range(50)])
        once = client._fusion._once
        assert once is not None
        assert [*once._ways] == ["append"]
        assert client.with_options(timeout=3.0)._fusion._once is None
