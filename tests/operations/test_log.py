"""What a host does around an operation log, whichever that is: here with one in memory."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from typing import Any

import pytest

from fusionrt import (
    ArgumentError,
    Call,
    CallKind,
    CallTimeout,
    Host,
    Next,
    NotInCommand,
    OutcomeUnknown,
    operation,
)
from fusionrt.operations import Nudges, StoredKey, StoredOperation, looking, nudges
from fusionrt.transport.memory import MemoryNetwork
from fusionrt.wire.frames import Mark
from tests.chain.generated.baskets import BasketsClient
from tests.chain.generated.prices import PricesClient
from tests.chain.generated.summaries import SummariesClient
from tests.chain.services import BasketsOver, PricesFrom, SummariesOver
from tests.golden.options.expected.http_gateway2 import HTTPGateway2Client
from tests.golden.options.impl import Gateway
from tests.lab import Broken, LabClient, TinyLab
from tests.virtual import virtual
from tests.waiting import until

from .memory_log import Conflict, MemoryLog, OpenMemoryLog, transaction


@dataclass
class Desk(TinyLab):
    """A lab whose `put` writes to the database of the log, and notes what was done after it.

    conflicts: how many attempts are rolled back by others. fails: it fails after it wrote.
    """

    after: list[str] = field(default_factory=list)
    conflicts: int = 0
    fails: bool = False

    __hash__ = TinyLab.__hash__

    def note(self, what: str) -> None:
        """This is to be done after it."""

        async def noted() -> None:
            await asyncio.sleep(0)
            self.after.append(what)

        operation.after_commit(noted)

    async def put(self, key: str, value: int) -> int:
        self.ran.append(f"put {key}")
        transaction().writes[key] = value
        self.note(f"put {key}")
        if self.conflicts:
            self.conflicts -= 1
            self.invalidate.get("b")
            raise Conflict
        if self.fails:
            raise Broken("disk", count=1)
        return value


class Nesting(Desk):
    """`slow_put` is one command around another."""

    async def slow_put(self, key: str, value: int) -> int:
        self.note("outer")
        with suppress(Broken):
            await self.put("b", value)
        transaction().writes[key] = value
        if value < 0:
            raise Broken("outer", count=1)
        return value


class Careless(TinyLab):
    """Its commands write past the log, and may fail after that."""

    fails = True

    async def put(self, key: str, value: int) -> int:
        self.data[key] = value
        operation.after_commit(self.wait)
        if self.fails:
            raise Broken("disk", count=1)
        return value


@dataclass
class Site:
    """Hosts of one service that share a log, over one network."""

    network: MemoryNetwork
    log: MemoryLog
    exits: AsyncExitStack
    hosts: list[Host] = field(default_factory=list)

    async def host(self) -> Host:
        """One more, with the log."""
        transport = self.network.connect(f"host {len(self.hosts)}")
        host = await self.exits.enter_async_context(Host(transport=transport, log=self.log))
        self.hosts.append(host)
        return host

    async def desk(self, cls: type[Desk] = Desk) -> Desk:
        """One more that serves a lab, which reads the database of the log."""
        made = cls(self.log.data)
        await (await self.host()).serve(made)
        return made

    async def client(self) -> LabClient:
        """In a host of its own."""
        host = Host(transport=self.network.connect("calling"))
        return (await self.exits.enter_async_context(host)).client(LabClient)

    def opened(self, number: int) -> OpenMemoryLog:
        """The log, as a host uses it."""
        return self.log.opened[number]

    def forge(self, key: str, log: str) -> None:
        """Send hosts of the lab an operation that nobody ran."""
        named = StoredKey("lab", "get", (bytes((0xA0 + len(key),)) + key.encode(),))
        one = StoredOperation("1", "nobody", "lab.put", (named,))
        sender = self.hosts[0]._open().wires.transport
        sender.publish("fusion.op.lab", nudges._encode(nudges._Nudge(one, 1, log)))


@asynccontextmanager
async def site() -> AsyncIterator[Site]:
    """Without a host as yet."""
    async with AsyncExitStack() as exits:
        yield Site(MemoryNetwork(1), MemoryLog({"a": 1, "b": 2}), exits)


@pytest.fixture
def deaf(monkeypatch: pytest.MonkeyPatch) -> None:
    """All nudges are lost on their way."""
    monkeypatch.setattr(Nudges, "_received", lambda *_: None)


def nudged(host: Host) -> int:
    """How many nudges a host sent."""
    return host._open().commits.nudges._sent.total()


def stored_by(host: Host) -> Mark:
    """How far a host changed its service, as a client of it is told."""
    return Mark("lab", nudges._origin(host.iid, "memory"), nudged(host))


# -- success --


@pytest.mark.parametrize("remote", [True, False], ids=["remote", "local"])
async def test_O2_when_a_command_returns_its_origin_reads_what_it_wrote(remote: bool) -> None:
    """Committed, applied, and what is to be done after it is done; the others hear of it."""
    async with site() as it:
        one, two = await it.desk(), await it.desk()
        client = await it.client()
        held = await two.computed.double("a")
        for value in range(3, 20):
            assert await one.double("a") == 2 * it.log.data["a"]
            await (client if remote else one).put("a", value)
            where = client if remote else one
            assert await where.double("a") == 2 * value
            assert len(one.after) + len(two.after) == value - 2
        await until(lambda: not held.is_consistent)
        assert [row.command for row in it.log.rows] == ["lab.put"] * 17


async def test_O2_what_is_done_after_a_command_sees_it_applied_and_is_no_part_of_it() -> None:
    """It may run commands, which are operations of their own; its errors reach nobody."""

    class After(Desk):
        async def put(self, key: str, value: int) -> int:
            if key == "a":
                operation.after_commit(self.then)
            return await super().put(key, value)

        async def then(self) -> None:
            self.ran.append(f"applied {self.peek.get('a') is None}")
            with pytest.raises(NotInCommand):
                operation.after_commit(self.wait)
            await self.put("b", await self.get("a"))
            raise ValueError("nobody hears of it")

    async with site() as it:
        desk = await it.desk(After)
        assert await desk.get("a") == 1
        assert await desk.put("a", 5) == 5
        assert "applied True" in desk.ran
        assert it.log.data == {"a": 5, "b": 5}
        assert len(it.log.rows) == len({row.id for row in it.log.rows}) == 2


async def test_O3_what_is_done_after_a_command_may_be_cancelled_and_ends_nothing_else() -> None:
    """By something else that it waits for: the command has its result, and what is left is done."""

    class After(Desk):
        async def put(self, key: str, value: int) -> int:
            operation.after_commit(self.then)
            return await super().put(key, value)

        async def then(self) -> None:
            other = asyncio.create_task(self.wait())
            await asyncio.sleep(0)
            other.cancel()
            await other

    async with site() as it:
        desk = await it.desk(After)
        assert await desk.put("a", 5) == 5
        assert desk.after == ["put a"]


async def test_an_attempt_that_was_rolled_back_leaves_nothing() -> None:
    """By others in its body, or at its COMMIT: no key and nothing to do after it is left, those of
    the last attempt alone are there (O15).
    """
    async with site() as it:
        one, two = await it.desk(), await it.desk()
        one.conflicts, it.log.conflicts = 2, 1
        kept = [await desk.computed.get("b") for desk in (one, two)]
        held = await two.computed.get("a")
        assert await one.put("a", 5) == 5
        await until(lambda: not held.is_consistent)
        assert (one.ran.count("put a"), one.after) == (4, ["put a"])
        assert [each.is_consistent for each in kept] == [True, True]
        assert len({id(each) for each in it.opened(0).transactions}) == 4
        assert it.hosts[0].statistics().log == it.opened(0).statistics()


async def test_interceptors_are_around_all_attempts_and_the_commit() -> None:
    """They are asked once, and find all done when `next()` returns; their errors undo nothing."""
    seen: list[tuple[str | None, bool]] = []
    desk: Desk

    async def audit(call: Call, next: Next) -> Any:
        if call.kind is not CallKind.COMMAND:
            return await next()
        await next()
        stored = it.log.rows[-1].id if it.log.rows else None
        seen.append((stored, stored == call.operation and desk.peek.get("a") is None))
        assert desk.after == ["put a"]
        raise Broken("audit", count=1)

    async with site() as it:
        host = await it.host()
        desk = Desk(it.log.data, conflicts=2)
        await host.serve(desk, interceptors=[audit])
        assert await desk.get("a") == 1
        with pytest.raises(Broken, match="1 of audit"):
            await desk.put("a", 5)
        assert seen == [(it.log.rows[0].id, True)]
        assert await desk.get("a") == 5


# -- O3: who asked is gone --


async def test_O3_a_caller_that_is_cancelled_while_it_commits_skips_nothing() -> None:
    """The command is committed, applied, told, and what is to be done after it is done."""
    async with site() as it:
        one, two = await it.desk(), await it.desk()
        held = [await desk.computed.get("a") for desk in (one, two)]
        it.log.may_commit.clear()
        command = asyncio.create_task(one.put("a", 5))
        await until(lambda: it.log.committing)
        for _ in range(3):
            command.cancel()
            await asyncio.sleep(0)
        assert not command.done()
        it.log.may_commit.set()
        await asyncio.wait([command])
        assert command.cancelled()
        assert one.after == ["put a"]
        assert await one.get("a") == 5
        await until(lambda: not any(each.is_consistent for each in held))


@virtual
async def test_O3_a_caller_elsewhere_that_gives_up_skips_nothing() -> None:
    """Its time is up while the host commits."""
    async with site() as it:
        one = await it.desk()
        client = await it.client()
        held = await one.computed.get("a")
        it.log.may_commit.clear()
        with pytest.raises(CallTimeout):
            await client.with_options(timeout=0.05).put("a", 5)
        assert held.is_consistent
        it.log.may_commit.set()
        await until(lambda: one.after == ["put a"])
        assert not held.is_consistent
        assert await client.get("a") == 5


async def test_O3_a_caller_that_is_cancelled_after_the_commit_skips_nothing() -> None:
    """What is to be done after it is done to its end."""

    class Slow(Desk):
        async def put(self, key: str, value: int) -> int:
            operation.after_commit(self._at_gate)
            return await super().put(key, value)

    async with site() as it:
        one = await it.desk(Slow)
        command = asyncio.create_task(one.put("a", 5))
        await until(lambda: one.waiting)
        command.cancel()
        await asyncio.sleep(0)
        assert not command.done()
        one.gate.set()
        await asyncio.wait([command])
        assert (one.done, one.after) == (["done"], ["put a"])


# -- O15: commands in commands --


async def test_O15_nested_commands_are_one_operation() -> None:
    """One id, one transaction and one row, with the keys of all; what is to be done after any of
    them is done once all is committed.
    """
    async with site() as it:
        one, two = await it.desk(Nesting), await it.desk(Nesting)
        held = [await desk.computed.get(key) for desk in (one, two) for key in "ab"]
        assert await one.slow_put("a", 9) == 9
        await until(lambda: not any(each.is_consistent for each in held))
        assert it.log.data == {"a": 9, "b": 9}
        assert one.after == ["outer", "put b"]
        (row,) = it.log.rows
        assert {key.arguments for key in row.keys} == {(b"\xa1a",), (b"\xa1b",)}


async def test_O15_a_rollback_leaves_no_key_no_nudge_and_nothing_to_do_after() -> None:
    """Not of the outer command, and not of those in it that had succeeded."""
    async with site() as it:
        one, two = await it.desk(Nesting), await it.desk(Nesting)
        kept = [await desk.computed.get(key) for desk in (one, two) for key in "ab"]
        with pytest.raises(Broken, match="outer"):
            await one.slow_put("a", -1)
        await it.hosts[0]._open().wires.transport.flush()
        assert all(each.is_consistent for each in kept)
        assert (it.log.data, it.log.rows, one.after) == ({"a": 1, "b": 2}, [], [])
        assert (nudged(it.hosts[0]), it.opened(1).reads) == (0, 0)


async def test_O15_O20_what_a_failed_command_was_to_be_followed_by_is_not_done() -> None:
    """Also if the one around it goes on without it, and succeeds; its keys apply all the same."""
    async with site() as it:
        one = await it.desk(Nesting)
        one.fails = True
        held = await one.computed.get("b")
        assert await one.slow_put("a", 9) == 9
        assert one.after == ["outer"]
        assert not held.is_consistent


@pytest.mark.parametrize("fails", [False, True])
async def test_a_command_that_outlives_the_one_around_it_is_stored_by_itself(fails: bool) -> None:
    """The outer one did not wait for it: its keys come when it ends, as an operation of its own;
    if it fails they come as well, and nothing is done after it.
    """

    class Loose(TinyLab):
        after: list[str]

        async def slow_put(self, key: str, value: int) -> int:
            self.after = []
            self.task = asyncio.create_task(self.put("b", value))
            await until(lambda: self.waiting)
            return value

        async def put(self, key: str, value: int) -> int:
            operation.after_commit(self.then)
            self.data[key] = value
            await self._at_gate()
            if fails:
                raise Broken("late", count=1)
            return value

        async def then(self) -> None:
            self.after.append("then")

    async with site() as it:
        two = await it.desk()
        lab = Loose(it.log.data)
        await (await it.host()).serve(lab)
        held = [await each.computed.get("b") for each in (lab, two)]
        assert await lab.slow_put("a", 3) == 3
        assert [each.is_consistent for each in held] == [True, True]
        lab.gate.set()
        with pytest.raises(Broken) if fails else nullcontext():
            await lab.task
        assert not held[0].is_consistent
        await until(lambda: not held[1].is_consistent)
        first, second = it.log.rows
        assert (first.command, second.command) == ("lab.slow_put", "lab.put")
        assert first.id != second.id
        assert [key.arguments for key in second.keys] == [(b"\xa1b",)]
        assert second.result is None
        assert lab.after == ([] if fails else ["then"])


# -- O20: what is known of what it wrote --


async def test_O20_one_that_wrote_past_the_log_and_failed_is_heard_of() -> None:
    """Its fate is open: the keys apply on all hosts, and nothing is done after it."""
    async with site() as it:
        two = await it.desk()
        lab = Careless(it.log.data)
        await (await it.host()).serve(lab)
        held = [await each.computed.get("a") for each in (lab, two)]
        with pytest.raises(Broken):
            await lab.put("a", 7)
        assert not held[0].is_consistent
        await until(lambda: not held[1].is_consistent)
        assert [await each.get("a") for each in (lab, two)] == [7, 7]
        (row,) = it.log.rows
        assert (row.result, lab.waiting) == (None, 0)


async def test_O20_one_that_is_known_to_be_rolled_back_invalidates_nothing() -> None:
    """On no host, and no client is told of it."""
    async with site() as it:
        one, two = await it.desk(), await it.desk()
        client = await it.client()
        one.fails = two.fails = True
        kept = [await each.computed.get("a") for each in (one, two, client)]
        for way in one, client:
            with pytest.raises(Broken):
                await way.put("a", 7)
        assert all(each.is_consistent for each in kept)
        assert (it.log.rows, one.after, two.after) == ([], [], [])
        assert [nudged(host) for host in it.hosts] == [0, 0]


async def test_O20_a_commit_in_doubt_counts_as_written() -> None:
    """Its keys apply everywhere: the log may have it or not, so hosts are told the keys."""
    async with site() as it:
        one, two = await it.desk(), await it.desk()
        held = [await desk.computed.get("a") for desk in (one, two)]
        kept = [await desk.computed.get("b") for desk in (one, two)]
        it.log.in_doubt = True
        with pytest.raises(OutcomeUnknown):
            await one.put("a", 7)
        assert not held[0].is_consistent
        await until(lambda: not held[1].is_consistent)
        assert all(each.is_consistent for each in kept)
        assert (one.after, it.log.rows) == ([], [])


async def test_O20_a_command_whose_caller_leaves_in_its_body_invalidates() -> None:
    """It may have written before."""

    class Hanging(TinyLab):
        async def put(self, key: str, value: int) -> int:
            self.data[key] = value
            await self._at_gate()
            return value

    async with site() as it:
        two = await it.desk()
        lab = Hanging(it.log.data)
        await (await it.host()).serve(lab)
        held = [await each.computed.get("a") for each in (lab, two)]
        command = asyncio.create_task(lab.put("a", 7))
        await until(lambda: lab.waiting)
        command.cancel()
        await asyncio.wait([command])
        assert command.cancelled() and not held[0].is_consistent
        await until(lambda: not held[1].is_consistent)


# -- O5, D15: what hosts tell each other --


async def test_O5_a_forged_nudge_makes_a_host_read_its_log_and_nothing_else() -> None:
    """Whatever it names, and however often it comes; reads that are asked for meanwhile are one."""
    async with site() as it:
        one, two = await it.desk(), await it.desk()
        kept = [await desk.computed.get("a") for desk in (one, two)]
        it.log.may_read.clear()
        it.forge("a", "memory")
        await until(lambda: it.opened(1).reads == 1)
        for _ in range(9):
            it.forge("a", "memory")
        hints = it.hosts[1]._open().commits.nudges
        await until(lambda: hints._unread is not None)
        it.log.may_read.set()
        await until(lambda: it.opened(1).reads == 2)
        await two.echo("x")
        assert all(each.is_consistent for each in kept)
        await one.put("a", 5)
        await until(lambda: not kept[1].is_consistent)
        assert it.opened(1).reads == 3


async def test_O5_a_nudge_of_hosts_with_another_log_is_all_that_is_known() -> None:
    """Its keys apply: this host's log will never have them."""
    for log in "another", "":
        async with site() as it:
            one = await it.desk()
            held, kept = await one.computed.get("a"), await one.computed.get("b")
            it.forge("a", log)
            await until(lambda held=held: not held.is_consistent)  # type: ignore[misc]
            assert kept.is_consistent
            assert it.opened(0).reads == 0


async def test_D15_a_mark_is_heard_once_the_log_is_read(deaf: None) -> None:
    """What a client heard of elsewhere is here when all is applied that was stored before, which is
    no reason to drop anything else.
    """
    async with site() as it:
        one, two = await it.desk(), await it.desk()
        held, kept = await two.computed.get("a"), await two.computed.get("b")
        await one.put("a", 5)
        it.log.may_read.clear()
        mark = stored_by(it.hosts[0])
        missing = it.hosts[1]._open().commits.nudges.missing
        waits = missing([mark])
        await until(lambda: it.opened(1).reads == 1)
        assert (len(waits), waits[0].done(), held.is_consistent) == (1, False, True)
        it.log.may_read.set()
        assert await waits[0]
        assert (held.is_consistent, kept.is_consistent) == (False, True)
        (again,) = missing([mark])  # a number proves nothing: anybody may have made it up (O5)
        assert await again
        assert (it.opened(1).reads, kept.is_consistent) == (2, True)


async def test_D15_a_log_that_cannot_be_read_in_time_costs_freshness_nothing(deaf: None) -> None:
    """All results of the service are dropped then, and the reader goes on."""
    async with site() as it:
        one, two = await it.desk(), await it.desk()
        held, kept = await two.computed.get("a"), await two.computed.get("b")
        it.log.may_read.clear()
        await one.put("a", 5)
        mark = stored_by(it.hosts[0])
        (heard,) = it.hosts[1]._open().commits.nudges.missing([mark])
        assert await heard
        assert (held.is_consistent, kept.is_consistent) == (False, False)
        assert await two.get("a") == 5


async def test_G29_a_log_that_is_about_to_be_closed_is_read_no_more(deaf: None) -> None:
    """Whatever is heard of until its host has ended; what was being read ends quietly."""
    async with site() as it:
        await it.desk(), await it.desk()
        mark = stored_by(it.hosts[0])
        it.log.may_read.clear()
        nudges = it.hosts[1]._open().commits.nudges
        nudges.missing([mark])
        await until(lambda: it.opened(1).reads == 1)
        nudges.close()
        (wait,) = nudges.missing([mark])
        assert await wait  # without it, after a while
        assert it.opened(1).reads == 1


async def test_D15_reads_of_every_service_reflect_a_command_that_returned(deaf: None) -> None:
    """Prices (three hosts) → baskets → summaries, by the log alone: no nudge arrives."""
    truth = {"a": 1, "b": 1}
    async with site() as it:
        hosts = [await it.host() for _ in range(6)]
        for host in hosts[:3]:
            await host.serve(PricesFrom(truth))
        await hosts[3].serve(BasketsOver(hosts[3].client(PricesClient)))
        await hosts[4].serve(SummariesOver(hosts[4].client(BasketsClient)))
        prices, summaries = hosts[5].client(PricesClient), hosts[5].client(SummariesClient)
        await summaries.of("a")
        for price in range(2, 30):
            await prices.put("a", price)
            assert await summaries.of("a") == 10 * (price + truth["a"] + truth["b"])


async def test_O9_a_host_looks_whether_it_missed_too_much_before_it_answers() -> None:
    """Each message: one that finds out drops all that it had, and answers after that."""
    async with site() as it:
        one = await it.desk()
        client = await it.client()
        assert await one.get("a") == 1
        assert await client.echo("x") == "x"
        checks = it.opened(0).checks
        it.log.data["a"] = 7
        it.opened(0).behind = True
        assert await client.get("a") == 7
        assert it.opened(0).checks > checks
        it.log.data["a"] = 8
        it.opened(0).behind = True
        assert await client.echo("x") == "x"
        await until(lambda: client.peek.get("a") is None)
        assert await client.get("a") == 8


async def test_O9_what_reads_in_a_process_that_was_stopped_reads_nothing_stale(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its own code asks no host: whatever came meanwhile wakes it after a look at the log."""
    monkeypatch.setattr(looking, "PERIOD", 0.05)
    here, there = socket.socketpair()
    here.setblocking(False)
    async with site() as it:
        one = await it.desk()
        assert await one.get("a") == 1

        async def read() -> int:
            await asyncio.get_running_loop().sock_recv(here, 1)
            return await one.get("a")

        reading = asyncio.create_task(read())
        await asyncio.sleep(0)
        it.log.data["a"] = 7
        it.opened(0).behind = True
        there.send(b"x")
        time.sleep(0.1)  # noqa: ASYNC251 - the process is stopped
        assert await reading == 7
    for each in (here, there):
        each.close()


# -- ids --


async def test_operation_is_known_in_commands_only() -> None:
    """In what they call as well; elsewhere it says what was asked of it."""

    class Curious(Desk):
        seen: dict[str, str]
        task: asyncio.Task[str]

        async def look(self, where: str) -> str:
            try:
                self.seen[where] = operation.id
            except NotInCommand as error:
                self.seen[where] = error.member
            return where

        async def echo(self, text: str) -> str:
            return await self.look("plain" if text else "within")

        async def get(self, key: str) -> int:
            await self.look(f"get {key}")
            return 0

        async def put(self, key: str, value: int) -> int:
            await self.look("put")
            await self.echo("")
            await self.get("in command")
            self.task = asyncio.create_task(self.later())
            return value

        async def later(self) -> str:
            await self.gate.wait()
            return await self.look("later")

    async with site() as it:
        desk = await it.desk(Curious)
        assert isinstance(desk, Curious)
        desk.seen = {}
        await desk.echo("x")
        await desk.get("outside")
        await desk.put("a", 1)
        desk.gate.set()
        await desk.task
        id = it.log.rows[0].id
        outside = {"plain", "get outside", "later"}
        assert {where for where in desk.seen if desk.seen[where] == "operation.id"} == outside
        assert {where for where in desk.seen if desk.seen[where] == id} == {
            "put",
            "within",
            "get in command",
        }
        with pytest.raises(NotInCommand, match=r"operation\.after_commit was used outside"):
            operation.after_commit(desk.wait)


async def test_O13_a_client_s_operation_id_says_that_it_is_the_same_command() -> None:
    """It runs once, over all hosts: what it returned first is the answer, also where its caller
    does not know whether it ran, for its host was lost. Another id is another command.
    """
    async with site() as it:
        desks = [await it.desk() for _ in range(3)]
        client = await it.client()
        mine = client.with_options(operation="mine")
        assert [await mine.put("a", value) for value in (5, 6)] == [5, 5]
        assert [row.id for row in it.log.rows] == ["mine"]
        (runner,) = (desk for desk in desks if desk.after)
        it.network.crash(f"host {desks.index(runner)}")
        others = [desk for desk in desks if desk is not runner]
        held = [await desk.computed.get("a") for desk in others]
        with pytest.raises(OutcomeUnknown):
            await mine.put("a", 7)
        assert await mine.put("a", 7) == 5
        assert [desk.after for desk in others] == [[], []]
        assert [each.is_consistent for each in held].count(False) == 1, "it is applied again (O8)"
        assert await client.with_options(operation="other").put("a", 7) == 7
        assert it.log.data["a"] == 7


async def test_O13_without_a_log_one_host_knows_what_it_ran() -> None:
    """It runs once there, whether it succeeded or failed."""
    lab, network = TinyLab({"a": 1}), MemoryNetwork(1)
    careless = Careless({"a": 1})
    for each in lab, careless:
        async with (
            Host(transport=network.connect("serving")) as host,
            Host(transport=network.connect("calling")) as calling,
        ):
            await host.serve(each)
            mine = calling.client(LabClient).with_options(operation="mine", retries=2)
            if each is lab:
                assert [await mine.put("a", value) for value in (5, 6)] == [5, 5]
                assert lab.ran == ["put a"]
                continue
            with pytest.raises(Broken):
                await mine.put("a", 5)
            careless.fails = False
            with pytest.raises(Broken):
                await mine.put("a", 6)
            assert careless.data == {"a": 5}


@pytest.mark.parametrize("bad", ["", "x" * 201, 7, b"mine", None.__class__])
async def test_an_operation_id_that_is_none_is_refused(bad: Any) -> None:
    """At once, with what it takes."""
    async with Host(transport=MemoryNetwork(1).connect("x")) as host:
        client = host.client(LabClient)
        with pytest.raises(ArgumentError, match="expected a text of 1 to 200 characters"):
            client.with_options(operation=bad)
        client.with_options(operation="x" * 200)


# -- transient ones --


async def test_a_transient_command_is_told_and_not_stored() -> None:
    """Its keys apply here before it returns, and elsewhere when they are heard of."""
    async with site() as it:
        one, two = Gateway(), Gateway()
        for each in one, two:
            await (await it.host()).serve(each)
        held = [await each.computed.none("a") for each in (one, two)]
        kept = await two.computed.none("b")
        await one.typing("a")
        assert not held[0].is_consistent
        await until(lambda: not held[1].is_consistent)
        assert kept.is_consistent
        await it.hosts[0].client(HTTPGateway2Client).typing("b")
        assert it.log.rows == []
        assert [log.reads for log in it.log.opened] == [0, 0]
        await one.kept()
        assert [row.command for row in it.log.rows] == ["http_gateway2.kept"]
