"""Interceptors, on the side that runs a body and on the side that makes the call."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from contextvars import ContextVar
from functools import partial
from typing import Any

import pytest

from fusionrt import (
    Call,
    CallKind,
    CallTimeout,
    CommandInComputeError,
    Host,
    Interceptor,
    Next,
    NotBoundError,
    RemoteError,
    RemoteUnavailable,
    Session,
    Side,
)
from fusionrt.testing import eventually
from fusionrt.transport.memory import MemoryNetwork
from tests.golden.modes.expected.notes import NotesClient
from tests.lab import Broken, LabClient, Pair, TinyLab
from tests.remote.test_modes import Notes
from tests.virtual import virtual


class Seen:
    """An interceptor that notes what it saw."""

    def __init__(self, name: str = "", order: list[str] | None = None) -> None:
        self.name = name
        self.calls: list[Call] = []
        self.order = [] if order is None else order

    async def __call__(self, call: Call, next: Next) -> Any:
        self.calls.append(call)
        self.order.append(f"{self.name}>")
        try:
            return await next()
        finally:
            self.order.append(f"<{self.name}")

    @property
    def methods(self) -> list[str]:
        return [call.method for call in self.calls]


@asynccontextmanager
async def linked(
    serving: list[Interceptor], calling: list[Interceptor], lab: TinyLab | None = None
) -> AsyncIterator[Pair]:
    """The lab served with interceptors, and a client of it with others."""
    network = MemoryNetwork(1)
    lab = TinyLab({"a": 1}) if lab is None else lab
    transport = network.connect("calling")
    async with (
        Host(transport=network.connect("serving"), interceptors=serving) as host,
        Host(transport=transport, principal="bob", client_interceptors=calling) as other,
    ):
        await host.serve(lab)
        yield Pair(host, other, lab, other.client(LabClient), transport)
        lab.gate.set()


async def test_every_kind_of_call_is_seen_on_both_sides() -> None:
    """A compute call, a plain one, a command and a stream, each once, with their facts."""
    there, here = Seen(), Seen()
    async with linked([there], [here]) as pair:
        assert await pair.client.get("a") == 1
        assert await pair.client.echo("x") == "x"
        assert await pair.client.put("a", 2) == 2
        assert [n async for n in pair.client.count(2)] == [0, 1]
        for side, seen in ((Side.HOST, there), (Side.CLIENT, here)):
            assert [(c.method, c.kind, c.arguments) for c in seen.calls] == [
                ("get", CallKind.COMPUTE, ("a",)),
                ("echo", CallKind.PLAIN, ("x",)),
                ("put", CallKind.COMMAND, ("a", 2)),
                ("count", CallKind.STREAM, (2,)),
            ]
            for call in seen.calls:
                assert (call.service, call.side, call.principal) == ("lab", side, "bob")
                assert call.remaining is not None
                assert 0 < call.remaining <= 10


async def trace(call: Call, next: Next) -> Any:
    """Sends a header along."""
    call.headers["trace"] = "7"
    return await next()


async def test_one_way_calls_are_seen_on_both_sides_with_what_they_carry() -> None:
    """And those of code in the host's own process."""
    there, here, notes = Seen(), Seen(), Notes()
    notes.gate.set()
    async with linked([there], [trace, here]) as pair:
        await pair.serving.serve(notes)
        await pair.calling.client(NotesClient).note("tea")
        await eventually(lambda: notes.ran == ["note tea"])
        (served,), (sent,) = there.calls, here.calls
        for call in (served, sent):
            assert (call.method, call.kind, call.arguments) == (
                "note",
                CallKind.ONEWAY,
                ("tea",),
            )
        assert (served.principal, dict(served.headers)) == ("bob", {"trace": "7"})
        await notes.note("milk")
        assert [call.is_remote for call in there.calls] == [True, False]


async def test_calls_of_what_a_client_offers_are_seen_on_both_sides() -> None:
    """There the host is the one that calls."""
    network, there, here, notes = MemoryNetwork(1), Seen(), Seen(), Notes()
    notes.gate.set()
    serving = Host(transport=network.connect("serving"), client_interceptors=[trace, here])
    calling = Host(transport=network.connect("calling"), principal="bob", interceptors=[there])
    async with serving, calling:
        await serving.serve(TinyLab({"a": 1}))
        await calling.offer(notes)
        assert await calling.client(LabClient).get("a") == 1
        (session,) = serving.statistics().services["lab"].sessions
        asker = Session(f"{session.principal}.{session.client}")
        assert await serving.client(NotesClient, of=asker).append("tea") == 1
        (served,), (sent,) = there.calls, here.calls
        assert (served.method, served.principal) == (sent.method, "anonymous")
        assert dict(served.headers) == {"trace": "7"}
        assert calling.health().services == ()


async def test_what_the_cache_answers_it_answers_without_them() -> None:
    """A hit of a replica, and a hit on the host, run no interceptor."""
    there, here = Seen(), Seen()
    async with linked([there], [here]) as pair:
        assert [await pair.client.get("a") for _ in range(3)] == [1, 1, 1]
        assert (there.methods, here.methods) == (["get"], ["get"])
        async with Host(transport=MemoryNetwork(2).connect("x")):
            pass
        assert await pair.lab.get("a") == 1
        assert there.methods == ["get"]
        await pair.client.put("a", 5)
        assert await pair.client.get("a") == 5
        assert there.methods == here.methods == ["get", "put", "get"]


async def test_the_first_is_the_outermost() -> None:
    """On both sides; those of a view come within those of its host's client."""
    order: list[str] = []
    there = [Seen("a", order), Seen("b", order)]
    here = [Seen("c", order), Seen("d", order)]
    async with linked([*there], [*here]) as pair:
        view = pair.client.with_options(interceptors=[Seen("e", order)])
        for call in (lambda: view.echo("x"), lambda: view.put("k", 1), lambda: view.get("z")):
            order.clear()
            await call()
            assert order == ["c>", "d>", "e>", "a>", "b>", "<b", "<a", "<e", "<d", "<c"]
        order.clear()
        assert [n async for n in view.count(1)] == [0]
        assert order == ["c>", "d>", "e>", "a>", "b>", "<b", "<a", "<e", "<d", "<c"]
        order.clear()
        await pair.client.echo("x")
        assert "e>" not in order


async def test_they_are_around_calls_within_the_process_too() -> None:
    """A call of a served service from its own process has them, and this process's principal."""
    seen = Seen()
    async with linked([seen], []) as pair:
        lab = pair.lab
        assert await lab.double("a") == 2
        assert await lab.echo(text="y") == "y"
        assert await lab.put("a", 3) == 3
        assert [n async for n in lab.count(2)] == [0, 1]
        assert seen.methods == ["double", "get", "echo", "put", "count"]
        assert [c.arguments for c in seen.calls][2:] == [("y",), ("a", 3), (2,)]
        assert {(c.principal, c.remaining) for c in seen.calls} == {("anonymous", None)}


async def test_a_refused_call_runs_nothing() -> None:
    """What an interceptor raises reaches the caller as if the body had raised it."""

    async def refuse(call: Call, next: Next) -> Any:
        raise Broken(call.method, count=1)

    async with linked([refuse], []) as pair:
        with pytest.raises(Broken, match="1 of echo"):
            await pair.client.echo("x")
        with pytest.raises(Broken, match="1 of put"):
            await pair.client.put("a", 2)
        with pytest.raises(Broken, match="1 of get"):
            await pair.client.get("a")
        with pytest.raises(Broken, match="1 of count"):
            async for _ in pair.client.count(2):
                pass
        with pytest.raises(Broken, match="1 of count"):
            async for _ in pair.lab.count(2):
                pass
        assert pair.lab.ran == []
        assert pair.lab.produced == 0


async def test_a_refused_command_invalidates_nothing() -> None:
    """It never began, so that it cannot have written (O20)."""
    closed = False

    async def refuse(call: Call, next: Next) -> Any:
        if closed and call.kind is CallKind.COMMAND:
            raise Broken("gate", count=1)
        return await next()

    async with linked([refuse], []) as pair:
        assert await pair.lab.get("a") == 1
        computed = pair.lab.peek.get("a")
        closed = True
        with pytest.raises(Broken):
            await pair.lab.put("a", 2)
        assert computed is not None
        assert computed.is_consistent


async def test_an_undeclared_error_stays_within_the_host() -> None:
    """D21: the caller learns a reference, not what an interceptor said."""

    async def refuse(call: Call, next: Next) -> Any:
        raise PermissionError("bob is on the list")

    async with linked([refuse], []) as pair:
        with pytest.raises(RemoteError) as caught:
            await pair.client.echo("x")
        assert "list" not in str(caught.value)


async def test_a_result_may_be_another() -> None:
    """Of plain calls, and of compute calls, where it is what is cached."""

    async def shout(call: Call, next: Next) -> Any:
        result = await next()
        return result.upper() if isinstance(result, str) else result

    async def more(call: Call, next: Next) -> Any:
        return await next() + 100

    async with linked([shout], []) as pair:
        assert await pair.client.echo("x") == "X"
        assert await pair.lab.echo("y") == "Y"
        view = pair.client.with_options(interceptors=[more])
        assert await view.get("a") == 101
        assert await pair.client.get("a") == 101, "views share replicas"


async def test_next_may_be_called_again() -> None:
    """It is another call: a retry is one."""
    tries = 0

    async def retry(call: Call, next: Next) -> Any:
        nonlocal tries
        for _ in range(2):
            tries += 1
            try:
                return await next()
            except Broken:
                pass
        return await next()

    async with linked([], [retry]) as pair:
        with pytest.raises(Broken):
            await pair.client.trouble("declared")
        assert tries == 2
        with pytest.raises(Broken):
            await pair.client.fail("declared")
        assert await pair.client.get("a") == 1


async def test_what_a_client_made_up_is_not_kept() -> None:
    """D2: no host holds a value that an interceptor returned without asking, so nobody would tell
    of its end.
    """
    answers = [7]

    async def made_up(call: Call, next: Next) -> Any:
        return answers.pop() if answers else await next()

    async with linked([], [made_up]) as pair:
        assert await pair.client.get("a") == 7
        assert await pair.client.get("a") == 1


async def test_headers_reach_the_host() -> None:
    """Those of each call its own, though calls of one turn travel in one message."""
    there = Seen()
    number = ContextVar("number", default="")

    async def number_it(call: Call, next: Next) -> Any:
        if value := number.get():
            call.headers["number"] = value
        return await next()

    async def one(value: str) -> None:
        number.set(value)
        await pair.client.echo(value)

    async with linked([there], [number_it]) as pair:
        await asyncio.gather(*(one(str(n) if n % 3 else "") for n in range(30)))
        got = {c.arguments[0]: c.headers for c in there.calls}
        assert got == {"": {}} | {str(n): {"number": str(n)} for n in range(30) if n % 3}
        sent = pair.transport.statistics().published
        assert sent < 10, "batches stay batches"
        number.set("s")
        assert [n async for n in pair.client.count(1)] == [0]
        await pair.client.get("a")
        await pair.client.put("a", 1)
        assert [c.headers for c in there.calls[-3:]] == [{"number": "s"}] * 3


async def test_headers_are_of_the_call_that_they_came_with() -> None:
    """Not of the calls that its body makes on the same host."""
    there = Seen()

    async def mark(call: Call, next: Next) -> Any:
        call.headers["mark"] = "1"
        return await next()

    async with linked([there], [mark]) as pair:
        await pair.client.double("a")
        assert [(c.method, c.headers) for c in there.calls] == [
            ("double", {"mark": "1"}),
            ("get", {}),
        ]
        assert [c.principal for c in there.calls] == ["bob", "bob"]
        assert [c.is_remote for c in there.calls] == [True, False]


async def test_a_task_that_outlives_its_call_is_no_part_of_it() -> None:
    """What it calls is called by this process, without a deadline (G33)."""

    class Leaving(TinyLab):
        async def echo(self, text: str) -> str:
            self.later = asyncio.ensure_future(self.after())
            return text

        async def after(self) -> int:
            await self.gate.wait()
            return await self.get("a")

    seen = Seen()
    async with linked([seen], [], Leaving()) as pair:
        await pair.client.echo("x")
        pair.lab.gate.set()
        await eventually(lambda: seen.methods == ["echo", "get"])
        assert [call.principal for call in seen.calls] == ["bob", "anonymous"]
        assert seen.calls[1].remaining is None


async def test_headers_that_fit_into_no_message_are_told() -> None:
    """They cost their call only (D29)."""

    async def heavy(call: Call, next: Next) -> Any:
        call.headers["x"] = "y" * 2_000_000
        return await next()

    async with linked([], []) as pair:
        view = pair.client.with_options(interceptors=[heavy])
        with pytest.raises(Exception, match="too many bytes"):
            await view.echo("x")
        with pytest.raises(Exception, match="too many bytes"):
            async for _ in view.count(2):
                pass
        assert await pair.client.echo("x") == "x"


async def test_a_watcher_of_a_view_has_its_interceptors() -> None:
    """`changes` and `computed` of a view ask through them."""
    seen = Seen()
    async with linked([], []) as pair:
        view = pair.client.with_options(interceptors=[seen])
        changes = view.changes.get("a")
        assert (await anext(changes)).value == 1
        await pair.client.put("a", 2)
        while (await anext(changes)).value != 2:
            pass
        assert seen.methods == ["get", "get"]
        await view.computed.double("a")
        assert seen.methods[-1] == "double"
        await pair.client.get("z")
        assert "z" not in [c.arguments[0] for c in seen.calls]


@virtual
async def test_a_deadline_is_seen_by_both() -> None:
    """And passes as without interceptors."""
    there, here = Seen(), Seen()
    async with linked([there], [here]) as pair:
        with pytest.raises(CallTimeout):
            await pair.client.with_options(timeout=0.05).wait()
        calls = (*there.calls, *here.calls)
        assert len(calls) == 2
        await eventually(lambda: all(call.remaining == 0.0 for call in calls))
        await eventually(lambda: pair.lab.done == ["cancelled"])
        assert there.order == here.order == [">", "<"]


async def test_a_stream_that_is_left_ends_its_interceptors() -> None:
    """By `break`, by a cancellation, and by dropping it: on both sides, and in one process."""
    there, here = Seen("t"), Seen("h")
    async with linked([there], [here]) as pair:
        for source in (pair.client.count, pair.lab.count):
            stream = source(10_000)
            async for _ in stream:
                break
            await eventually(lambda: there.order[-1] == "<t")
            await eventually(lambda: pair.lab.done[-1] == "count")
            assert [n async for n in stream] == []
        assert here.order == ["h>", "<h"]
        assert there.order == ["t>", "<t"] * 2

        dropped = pair.client.count(10_000)
        assert await anext(dropped) == 0
        del dropped
        gc.collect()
        await eventually(lambda: len(here.order) == 4)
        await eventually(lambda: len(there.order) == 6)
        assert pair.calling.statistics().caller.peers["lab"].calls == 0


async def test_a_stream_fails_through_its_interceptors() -> None:
    """They see what ended it, and may end it otherwise."""
    caught: list[str] = []

    async def calm(call: Call, next: Next) -> Any:
        try:
            await next()
        except Broken as error:
            caught.append(error.part)

    async with linked([], []) as pair:
        with pytest.raises(Broken):
            async for _ in pair.client.bad_stream("declared"):
                pass
        view = pair.client.with_options(interceptors=[calm])
        assert [n async for n in view.bad_stream("declared")] == [1]
        assert caught == ["pump"]


async def test_a_body_sees_the_context_of_its_interceptors() -> None:
    """Also one that runs in a pool's task; and the next call of that task does not."""
    who = ContextVar("who", default="nobody")

    class Curious(TinyLab):
        async def echo(self, text: str) -> str:
            return f"{text} {who.get()}"

    async def name(call: Call, next: Next) -> Any:
        if call.arguments != ("x",):
            token = who.set(call.arguments[0])
            try:
                return await next()
            finally:
                who.reset(token)
        return await next()

    async with linked([name], [], Curious()) as pair:
        got = await asyncio.gather(*(pair.client.echo(t) for t in ("a", "x", "b", "x")))
        assert got == ["a a", "x nobody", "b b", "x nobody"]


async def test_what_an_interceptor_reads_a_result_is_made_from() -> None:
    """Around a compute body it is in that body's place (G1)."""
    gate: list[TinyLab] = []

    async def guard(call: Call, next: Next) -> Any:
        if call.arguments == ("b",):
            await gate[0].get("a")
        return await next()

    async with linked([guard], []) as pair:
        gate.append(pair.lab)
        await pair.lab.get("b")
        computed = pair.lab.peek.get("b")
        assert computed is not None
        await pair.lab.put("a", 2)
        assert not computed.is_consistent


async def test_a_service_has_those_of_the_host_that_serves_it() -> None:
    """A host that refuses a service of another one changes nothing of it."""
    seen = Seen()
    async with linked([seen], []) as pair:
        async with Host(transport=MemoryNetwork(3).connect("x"), interceptors=[Seen()]) as other:
            with pytest.raises(NotBoundError):
                await other.serve(pair.lab)
        assert await pair.lab.echo("x") == "x"
        assert seen.methods == ["echo"]


async def test_a_service_that_moves_has_those_of_its_new_host() -> None:
    """And none, if that has none."""
    lab, first, second = TinyLab({"a": 1}), Seen(), Seen()
    network = MemoryNetwork(1)
    for name, interceptors in (("one", [first]), ("two", [second]), ("three", [])):
        async with Host(transport=network.connect(name), interceptors=interceptors) as host:
            await host.serve(lab)
            assert await lab.get("a") == 1
            assert await lab.echo("x") == "x"
    assert first.methods == second.methods == ["get", "echo"]


@pytest.mark.parametrize("wrong", [3, lambda: None, lambda call: None])
async def test_what_is_no_interceptor_is_refused(wrong: Any) -> None:
    """At once, with what to write."""
    with pytest.raises(TypeError, match="async def name"):
        Host(interceptors=[wrong])
    async with linked([], []) as pair:
        with pytest.raises(TypeError, match="async def name"):
            pair.client.with_options(interceptors=[wrong])


async def test_a_stream_sees_the_context_of_its_interceptors() -> None:
    """In this process, and over hosts; the reader's own context stays as it was."""
    who = ContextVar("who", default="nobody")

    class Curious(TinyLab):
        async def count(self, upto: int) -> AsyncIterator[int]:
            for _ in range(upto):
                await asyncio.sleep(0)
                self.ran.append(who.get())
                who.set(f"{who.get()}!")
                yield 0
            self.ran.append(who.get())

    async def name(call: Call, next: Next) -> Any:
        who.set("ann")
        await next()

    async with linked([name], [name], Curious()) as pair:
        for source in (pair.lab.count, pair.client.count):
            pair.lab.ran.clear()
            async for _ in source(2):
                assert who.get() == "nobody"
            assert pair.lab.ran == ["ann", "ann!", "ann!!"]


async def test_a_stream_may_be_read_again_by_its_interceptor() -> None:
    """A second `next()` is another stream, whose items follow those of the first."""

    async def again(call: Call, next: Next) -> Any:
        try:
            await next()
        except Broken:
            await next()

    async with linked([], []) as pair:
        stream = pair.client.with_options(interceptors=[again]).bad_stream("declared")
        assert [await anext(stream), await anext(stream)] == [1, 1]
        with pytest.raises(Broken):
            await anext(stream)
        assert [item async for item in stream] == []


async def test_closing_a_stream_waits_for_its_body() -> None:
    """Also while somebody waits for an item: who then finds its end."""

    class Stuck(TinyLab):
        async def count(self, upto: int) -> AsyncIterator[int]:
            try:
                yield 0
                await self.gate.wait()
            finally:
                self.done.append("count")

    seen = Seen()
    async with linked([seen], [seen], Stuck()) as pair:
        stream = pair.lab.count(1)
        assert await anext(stream) == 0
        await stream.aclose()  # type: ignore[attr-defined]
        assert pair.lab.done == ["count"]
        remote = pair.client.count(1)
        assert await anext(remote) == 0
        waiting = asyncio.ensure_future(anext(remote, "over"))
        await asyncio.sleep(0)
        await remote.aclose()  # type: ignore[attr-defined]
        await eventually(lambda: pair.lab.done == ["count"] * 2)
        assert await waiting == "over"


async def test_a_read_that_is_cancelled_ends_the_stream() -> None:
    """As without interceptors: on both sides, and here."""

    begun: list[int] = []

    class Stuck(TinyLab):
        async def count(self, upto: int) -> AsyncIterator[int]:
            begun.append(upto)
            try:
                await self.gate.wait()
                yield 0
            finally:
                self.done.append("count")

    seen = Seen()
    async with linked([seen], [seen], Stuck()) as pair:
        for number, source in enumerate((pair.lab.count, pair.client.count), 1):
            stream = source(number)
            reading = asyncio.ensure_future(anext(stream))
            await eventually(partial(begun.__contains__, number))
            reading.cancel()
            with pytest.raises(asyncio.CancelledError):
                await reading
            await eventually(partial(ended, pair.lab, number))
            assert [item async for item in stream] == []
        await eventually(lambda: seen.order == [">", "<", ">", ">", "<", "<"])


def ended(lab: TinyLab, bodies: int) -> bool:
    """Whether so many streams have."""
    return len(lab.done) == bodies


async def test_a_stream_whose_host_stops_fails_through_its_interceptors() -> None:
    """Nothing hangs, and nothing is left (G29)."""
    seen, network = Seen(), MemoryNetwork(1)
    async with Host(transport=network.connect("calling"), client_interceptors=[seen]) as calling:
        async with Host(transport=network.connect("serving")) as serving:
            await serving.serve(TinyLab())
            stream = calling.client(LabClient).blobs(100_000)
            await anext(stream)
        with pytest.raises(RemoteUnavailable):
            async for _ in stream:
                pass
    assert seen.order == [">", "<"]


async def test_a_stream_ends_with_the_host_of_its_reader() -> None:
    """It fails, and its interceptors end."""
    seen, network = Seen(), MemoryNetwork(1)
    async with Host(transport=network.connect("serving")) as serving:
        await serving.serve(TinyLab())
        calling = Host(transport=network.connect("calling"), client_interceptors=[seen])
        async with calling:
            stream = calling.client(LabClient).blobs(100_000)
            await anext(stream)
        with pytest.raises(RemoteUnavailable):
            async for _ in stream:
                pass
    assert seen.order == [">", "<"]


async def test_G40_a_command_in_a_body_is_refused_before_its_interceptors() -> None:
    """They are not asked about what cannot be."""

    class Wrong(TinyLab):
        async def get(self, key: str) -> int:
            return await self.put(key, 1)

    seen = Seen()
    async with linked([seen], [], Wrong()) as pair:
        with pytest.raises(CommandInComputeError):
            await pair.lab.get("a")
        assert seen.methods == ["get"]


async def test_reads_of_a_command_are_seen_too() -> None:
    """They run the bodies of compute methods past the cache, and so does a call past it."""

    class Reading(TinyLab):
        async def put(self, key: str, value: int) -> int:
            return await self.get(key) + value

    there, here = Seen(), Seen()
    async with linked([there], [here], Reading({"a": 1})) as pair:
        await pair.lab.get("a")
        assert await pair.client.put("a", 1) == 2
        assert there.methods == ["get", "put", "get"]
        assert await pair.client._fusion.raw("get", ("a",)) == 1
        assert there.methods[-1] == here.methods[-1] == "get"


async def test_a_reader_that_joins_asks_nothing() -> None:
    """Of readers that come at once the first one's interceptors run, for there is one call."""
    first, second = Seen(), Seen()
    async with linked([], []) as pair:
        a, b = (pair.client.with_options(interceptors=[each]) for each in (first, second))
        got = await asyncio.gather(a.get("a"), b.get("a"), b.get("b"))
        assert list(got) == [1, 1, 0]
        assert [call.arguments for call in first.calls] == [("a",)]
        assert [call.arguments for call in second.calls] == [("b",)]


async def test_a_refused_read_is_asked_again_soon() -> None:
    """A client's refusal is held by no host: it is served for a moment, not for as long as an
    error of a body (D2).
    """
    closed = True

    async def refuse(call: Call, next: Next) -> Any:
        if closed:
            raise Broken("gate", count=1)
        return await next()

    async with linked([], [refuse]) as pair:
        with pytest.raises(Broken):
            await pair.client.get("a")
        closed = False
        replica = pair.client.changes.get("a")
        while (computed := await anext(replica)).error is not None:
            pass
        assert computed.value == 1
