"""Commands on hosts that share the log of a real JetStream, to the laws of operations."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from typing import Any, ClassVar

import pytest

from fusionrt import ArgumentError, BadOperation, Host, JetStreamLog, operation
from fusionrt.operations import Nudges, Operation, StoredKey, StoredOperation, nudges
from fusionrt.operations.jetstream.storing import Storing
from tests.chain.generated.baskets import BasketsClient
from tests.chain.generated.prices import PricesClient
from tests.chain.generated.summaries import SummariesClient
from tests.chain.services import BasketsOver, PricesFrom, SummariesOver
from tests.lab import TinyLab
from tests.leaving import Slow
from tests.waiting import until

from .hosts import STREAM, jetstream_of, last_of, site, told


@pytest.fixture(autouse=True)
def nothing_after() -> None:
    """What was done after commands is forgotten."""
    Nesting.after.clear()


@pytest.fixture
def silent(monkeypatch: pytest.MonkeyPatch) -> None:
    """No host nudges another one."""
    monkeypatch.setattr(Nudges, "tell", lambda *_: None)


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Slow:
    """Operations are stored slowly."""
    slow = Slow()
    monkeypatch.setattr(Storing, "store", slow.slowed(Storing.store))
    return slow


async def test_O2_a_reply_implies_that_the_origin_s_reads_see_the_change(jetstream: str) -> None:
    """Read right after each of many commands, in the process and from another one."""
    async with site(jetstream, jetstream) as it:
        lab, client = it.labs[0], await it.client(jetstream)
        for value in range(100):
            await lab.put("a", value)
            assert await lab.double("a") == 2 * value
            await client.put("b", value)
            assert await client.double("b") == 2 * value


async def test_O4_a_change_is_heard_of_without_any_nudge(jetstream: str, silent: None) -> None:
    """The stream is pushed to all hosts: the first change after the start, and each one after."""
    async with site(jetstream, jetstream, jetstream) as it:
        for value in (5, 6):
            held = [await lab.computed.double("a") for lab in it.labs]
            await it.labs[0].put("a", value)
            for each in held:
                await until(lambda each=each: not each.is_consistent)  # type: ignore[misc]
            assert [await lab.double("a") for lab in it.labs] == [2 * value] * 3
        origin = held[1].origin
        assert origin is not None and str(origin) == "lab.put invalidated lab.get('a')"


async def test_O4_ten_thousand_operations_are_applied_in_order(
    jetstream: str, silent: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By a host that hears of them while they are stored; none is missing, none is doubled."""
    seen: list[str] = []
    async with site(jetstream, jetstream) as it:
        applier = it.hosts[1]._open().commits.applier
        apply = applier.apply

        def noting(stored: StoredOperation) -> None:
            seen.append(stored.id)
            apply(stored)

        monkeypatch.setattr(applier, "apply", noting)
        ids = [f"op{number}" for number in range(10_000)]
        key = StoredKey("lab", "get", (b"\xa1b",))
        async with jetstream_of(jetstream) as js:
            for some in (ids[start : start + 500] for start in range(0, 10_000, 500)):
                sends = (js.publish("fusion.log.op", told(key, id=id)) for id in some)
                await asyncio.gather(*sends)
            records = [await js.get_msg(STREAM, position) for position in range(1, 10_001, 997)]
        await it.log(1).catch_up()
        assert sorted(seen) == sorted(ids)
        assert seen[::997] == [StoredOperation.decode(each.data or b"").id for each in records]


@pytest.mark.parametrize("times", [1, 3])
async def test_O5_nudges_that_are_lost_doubled_or_forged_change_nothing_but_latency(
    jetstream: str, times: int
) -> None:
    """A hint makes a host look at the log, whatever it says; what it names is not applied."""
    async with site(jetstream, jetstream) as it:
        one, two = it.labs
        kept = await two.computed.double("b")
        sender = it.hosts[0]._open().wires.transport
        stored = StoredOperation("1", "nobody", "lab.put", (StoredKey("lab", "get", (b"\xa1b",)),))
        forged = nudges._Nudge(stored, 0, it.log(0).name)
        for _ in range(times):
            sender.publish("fusion.op.lab", nudges._encode(forged))
        held = await two.computed.double("a")
        await one.put("a", 5)
        await until(lambda: not held.is_consistent)
        assert await two.double("a") == 10
        assert kept.is_consistent


async def test_O8_an_operation_that_is_stored_twice_is_applied_without_harm(
    jetstream: str,
) -> None:
    """By its id JetStream keeps it once; and if it were there twice, applying it is idempotent."""
    async with site(jetstream, jetstream) as it:
        assert await it.labs[0].double("a") == 2
        key = StoredKey("lab", "get", (b"\xa1a",))
        async with jetstream_of(jetstream) as js:
            for header in ({"Nats-Msg-Id": "1"}, {"Nats-Msg-Id": "1"}, {}, {}):
                await js.publish("fusion.log.op", told(key), headers=header)
        for log in it.log(0), it.log(1):
            await log.catch_up()
            assert log.statistics().applied == 3
        assert it.labs[0].peek.double("a") is None
        assert await it.labs[0].double("a") == 2


async def test_O10_a_host_has_its_position_before_it_serves(jetstream: str) -> None:
    """What is stored while it starts is applied; what was stored before is not its business."""
    async with site(jetstream) as it:
        await it.labs[0].put("a", 3)
        joining = Host(jetstream, log=JetStreamLog())
        await it.exits.enter_async_context(joining)
        await it.labs[0].put("a", 4)
        lab = TinyLab(it.data)
        await joining.serve(lab)
        held = await lab.computed.double("a")
        await it.labs[0].put("a", 5)
        await until(lambda: not held.is_consistent)
        told = joining.statistics().log
        assert told is not None and told.applied == 2


async def test_O13_a_command_that_is_sent_again_gets_the_first_result_on_any_host(
    jetstream: str,
) -> None:
    """Also of a host that joined later, long after JetStream forgot the message's id."""
    async with site(jetstream) as it:
        client = (await it.client(jetstream)).with_options(operation="mine: 1 ä\n")
        assert await client.put("a", 5) == 5
        second = await it.join(Host(jetstream, log=JetStreamLog()))
        await it.leaving[0].aclose()
        it.data["a"] = 7
        assert await client.put("a", 6) == 5
        assert (second.ran, it.data["a"]) == ([], 7)


async def test_O13_of_two_that_run_at_the_same_time_the_first_result_is_everybody_s(
    jetstream: str, silent: None
) -> None:
    """Both bodies run, for nothing can be rolled back; so all hear of what the second one did."""

    class Waiting(TinyLab):
        async def put(self, key: str, value: int) -> int:
            await self._at_gate()
            self.invalidate.get("b")
            return await super().put(key, value)

    async with site(jetstream) as it:
        labs = [await it.join(Host(jetstream, log=JetStreamLog()), Waiting) for _ in range(2)]
        ran: list[asyncio.Task[object]] = []
        for number, lab in enumerate(labs):
            operation = Operation("x", "lab.put", repeats=True)
            running: Coroutine[object, object, object]
            running = lab._fusion.command("put", ("a", number), operation)
            ran.append(asyncio.create_task(running))
        await until(lambda: all(lab.waiting for lab in labs))
        labs[0].gate.set()
        assert await ran[0] == 0
        held = await it.labs[0].computed.double("b")
        labs[1].gate.set()
        assert await ran[1] == 0
        await until(lambda: not held.is_consistent)


async def test_O13_of_two_that_run_at_the_same_time_one_that_fails_comes_to_the_first_result(
    jetstream: str, silent: None
) -> None:
    """As it had to fail, perhaps, for it met what the first one did; all hear of what it did."""

    class Refusing(TinyLab):
        async def put(self, key: str, value: int) -> int:
            await self._at_gate()
            self.invalidate.get("b")
            if value:
                raise LookupError
            return await super().put(key, value)

    async with site(jetstream) as it:
        labs = [await it.join(Host(jetstream, log=JetStreamLog()), Refusing) for _ in range(2)]
        ran: list[asyncio.Task[object]] = []
        for number, lab in enumerate(labs):
            operation = Operation("x", "lab.put", repeats=True)
            running: Coroutine[object, object, object]
            running = lab._fusion.command("put", ("a", number), operation)
            ran.append(asyncio.create_task(running))
        await until(lambda: all(lab.waiting for lab in labs))
        labs[0].gate.set()
        assert await ran[0] == 0
        held = [await lab.computed.double("b") for lab in (it.labs[0], labs[1])]
        labs[1].gate.set()
        assert await ran[1] == 0
        await until(lambda: not any(each.is_consistent for each in held))


async def test_O14_a_method_that_is_not_known_here_is_its_whole_service(jetstream: str) -> None:
    """Another version stored it; and what cannot be read at all is everything."""
    async with site(jetstream, jetstream) as it:
        lab = it.labs[0]
        async with jetstream_of(jetstream) as js:
            for record in (told(StoredKey("lab", "unheard_of", (b"\x01",))), b"\xc1", b""):
                held = await lab.computed.double("a")
                await js.publish("fusion.log.op", record)
                await until(lambda held=held: not held.is_consistent)  # type: ignore[misc]


class Nesting(TinyLab):
    """Its command calls another one, and may fail after it."""

    fails = False
    after: ClassVar[list[str]] = []

    async def slow_put(self, key: str, value: int) -> int:
        async def noted() -> None:
            self.after.append(key)

        operation.after_commit(noted)
        await self.put(key, value)
        if self.fails:
            raise ValueError("too late")
        return value


async def test_O15_nested_commands_are_one_operation(jetstream: str) -> None:
    """With the keys of all of them; and what is to be done after it is done once."""
    async with site(jetstream) as it:
        nesting = await it.join(Host(jetstream, log=JetStreamLog()), Nesting)
        held = await it.labs[0].computed.double("b")
        before = await last_of(jetstream)
        await nesting.slow_put("b", 9)
        await until(lambda: not held.is_consistent)
        assert await last_of(jetstream) == before + 1
        assert Nesting.after == ["b"]


async def test_O20_a_command_that_failed_is_heard_of(jetstream: str, silent: None) -> None:
    """It may have written: its keys are stored as an operation of which nobody gets a result."""
    async with site(jetstream) as it:
        failing = await it.join(Host(jetstream, log=JetStreamLog()), Nesting)
        assert isinstance(failing, Nesting)
        failing.fails = True
        held = await it.labs[0].computed.double("b")
        with pytest.raises(ValueError, match="too late"):
            await failing.slow_put("b", 9)
        await until(lambda: not held.is_consistent)
        assert await it.labs[0].double("b") == 18
        assert Nesting.after == []


async def test_O20_a_command_that_was_cancelled_is_heard_of(
    jetstream: str, silent: None, slow: Slow
) -> None:
    """Its caller gave it up when it had written, and again while that is stored."""

    class Hanging(TinyLab):
        async def put(self, key: str, value: int) -> int:
            self.data[key] = value
            await self._at_gate()
            return value

    async with site(jetstream) as it:
        hanging = await it.join(Host(jetstream, log=JetStreamLog()), Hanging)
        held = await it.labs[0].computed.double("b")
        command = asyncio.create_task(hanging.put("b", 9))
        await until(lambda: hanging.waiting)
        command.cancel()
        await slow.leave(command)
        await until(lambda: not held.is_consistent)
        assert await it.labs[0].double("b") == 18


async def test_O3_a_caller_that_leaves_as_it_is_stored_skips_nothing(
    jetstream: str, silent: None, slow: Slow
) -> None:
    """The operation is stored, the origin's reads see it, and what is to be done after it is."""
    async with site(jetstream) as it:
        one = await it.join(Host(jetstream, log=JetStreamLog()), Nesting)
        assert await one.double("b") == 2 * it.data["b"]
        held = await it.labs[0].computed.double("b")
        await slow.leave(asyncio.create_task(one.slow_put("b", 5)))
        assert (await one.double("b"), Nesting.after) == (10, ["b"])
        await until(lambda: not held.is_consistent)


async def test_D15_reads_in_every_service_reflect_a_command_that_returned(
    jetstream: str,
) -> None:
    """Prices (three hosts) → baskets → summaries: whichever host ran the command, the one that the
    baskets are made from has applied it.
    """
    truth = {"a": 1, "b": 1}
    async with AsyncExitStack() as exits:
        hosts = [
            await exits.enter_async_context(Host(jetstream, log=JetStreamLog())) for _ in range(6)
        ]
        for host in hosts[:3]:
            await host.serve(PricesFrom(truth))
        await hosts[3].serve(BasketsOver(hosts[3].client(PricesClient)))
        await hosts[4].serve(SummariesOver(hosts[4].client(BasketsClient)))
        prices, summaries = hosts[5].client(PricesClient), hosts[5].client(SummariesClient)
        await summaries.of("a")
        for price in range(2, 100):
            await prices.put("a", price)
            assert await summaries.of("a") == 10 * (price + truth["a"] + truth["b"])


async def test_a_transient_command_is_told_and_not_stored(
    jetstream: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Other hosts apply what the nudge says, for the log does not have it."""
    of = Operation.of

    def transient(self: Operation, *given: Any) -> None:
        of(self, *given)
        self.transient = True

    monkeypatch.setattr(Operation, "of", transient)
    async with site(jetstream, jetstream) as it:
        held = await it.labs[1].computed.double("a")
        await it.labs[0].put("a", 5)
        await until(lambda: not held.is_consistent)
        assert await last_of(jetstream) == 0


async def test_an_operation_that_exceeds_a_message_is_stored_as_all_of_its_services(
    jetstream: str, silent: None
) -> None:
    """The command succeeds however many keys it invalidates, and nobody misses one."""

    class Many(TinyLab):
        async def put(self, key: str, value: int) -> int:
            for number in range(5):
                self.invalidate.get(f"{number}" * 300_000)
            return await super().put(key, value)

    async with site(jetstream) as it:
        many = await it.join(Host(jetstream, log=JetStreamLog()), Many)
        held = await it.labs[0].computed.double("b")
        assert await many.put("a", 5) == 5
        await until(lambda: not held.is_consistent)


async def test_an_operation_id_of_another_command_is_refused(jetstream: str) -> None:
    """Before anything runs."""
    async with site(jetstream) as it:
        client = (await it.client(jetstream)).with_options(operation="1")
        assert await client.put("a", 5) == 5
        other = Operation("1", "lab.slow_put", repeats=True)
        with pytest.raises(BadOperation, match=r"belongs to a call of lab\.put"):
            await it.labs[0]._fusion.command("slow_put", ("a", 6), other)
        with pytest.raises(ArgumentError, match=r"belongs to a call of lab\.put"):
            await client.slow_put("a", 6)
        assert it.data["a"] == 5


async def test_two_prefixes_do_not_meet(jetstream: str, silent: None) -> None:
    """Each has a stream of its own."""
    async with site(jetstream) as it:
        other = await it.join(Host(jetstream, prefix="other", log=JetStreamLog()))
        held = await other.computed.double("a")
        await it.labs[0].put("a", 5)
        await it.log(1).catch_up()
        assert held.is_consistent
        assert (await last_of(jetstream), await last_of(jetstream, "other-log")) == (1, 0)
        await other.put("a", 6)
        assert await last_of(jetstream, "other-log") == 1
