"""Commands and the keys that they invalidate, over several hosts."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

import pytest

from fusionrt import ArgumentError, CallTimeout, Host
from fusionrt.operations import StoredKey, StoredOperation, nudges
from tests.lab import LabClient, Pair, TinyLab
from tests.waiting import until


async def test_hosts_of_a_service_tell_each_other_what_commands_invalidate(
    nats_server: str,
) -> None:
    """A command on one instance invalidates the same keys on the others."""
    data = {"a": 1, "b": 1}
    async with AsyncExitStack() as stack:
        first, second = TinyLab(data), TinyLab(data)
        for lab in (first, second):
            await (await stack.enter_async_context(Host(nats_server))).serve(lab)
        for lab in (first, second):
            assert (await lab.double("a"), await lab.get("b")) == (2, 1)
        kept = await second.computed.get("b")
        await first.put("a", 5)
        assert await first.double("a") == 10
        stale = second.peek.double("a")
        await until(lambda: second.peek.double("a") is None)
        assert stale is not None and str(stale.origin) == "lab.put invalidated lab.get('a')"
        assert (await second.double("a"), kept.is_consistent) == (10, True)


async def test_keys_that_do_not_fit_into_a_message_invalidate_the_whole_service(
    nats_server: str, caplog: pytest.LogCaptureFixture
) -> None:
    """A command succeeds however many keys it invalidates; nothing stays stale."""

    class Many(TinyLab):
        async def put(self, key: str, value: int) -> int:
            for number in range(5):
                self.invalidate.get(f"{number}" * 300_000)
            return await super().put(key, value)

    data = {"a": 1}
    async with AsyncExitStack() as stack:
        first, second = Many(data), TinyLab(data)
        for lab in (first, second):
            await (await stack.enter_async_context(Host(nats_server))).serve(lab)
        assert await second.get("a") == 1
        assert await first.put("a", 5) == 5
        await until(lambda: second.peek.get("a") is None)


async def test_a_key_that_is_wrong_invalidates_the_whole_service_loudly(
    two: Pair, caplog: pytest.LogCaptureFixture
) -> None:
    """A key of another type than declared fails no command that has run: all is invalidated."""
    assert await two.client.double("a") == 2
    await two.client.misdeclared("a")
    assert await two.client.double("a") == -2
    assert "lab.misdeclared invalidated lab.get(17)" in caplog.text


async def test_a_nudge_of_another_version_invalidates_the_whole_service(two: Pair) -> None:
    """A method that this host does not know is never dropped (O14)."""
    assert await two.lab.double("a") == 2
    unheard_of = StoredKey("lab", "unheard_of", (b"\x01",))
    strange = nudges._Nudge(StoredOperation("1", "another", "lab.new", (unheard_of,)))
    two.transport.publish("fusion.op.lab", nudges._encode(strange))
    await until(lambda: two.lab.peek.double("a") is None)


async def test_a_failed_command_applies_what_it_collected(two: Pair) -> None:
    """Over-invalidating is safe: a command that raises invalidates what it named before."""

    class Failing(TinyLab):
        async def put(self, key: str, value: int) -> int:
            self.data[key] = value
            self.invalidate.get(key)
            raise ValueError("too late")

    lab = Failing({"a": 1})
    assert await lab.get("a") == 1
    with pytest.raises(ValueError, match="too late"):
        await lab.put("a", 2)
    assert await lab.get("a") == 2


class Hanging(TinyLab):
    """Its commands write, and then wait at the gate."""

    async def put(self, key: str, value: int) -> int:
        self.data[key] = value
        await self._at_gate()
        return value


async def test_O20_a_command_whose_callers_deadline_lapsed_invalidates(nats_server: str) -> None:
    """It wrote before it was given up: on every host, and for every client."""
    data = {"a": 1, "b": 1}
    async with AsyncExitStack() as stack:
        hosts = [await stack.enter_async_context(Host(nats_server)) for _ in range(4)]
        first, second = Hanging(data), TinyLab(data)
        await hosts[0].serve(first)
        client, other = (host.client(LabClient) for host in hosts[2:])
        assert [await client.double("a"), await other.double("a")] == [2, 2]
        await hosts[1].serve(second)
        assert await second.double("a") == 2
        kept = await client.computed.get("b")
        with pytest.raises(CallTimeout):
            await client.with_options(timeout=1.0).put("a", 5)
        assert client.peek.get("a") is None
        for lab in first, second, client, other:
            await until(lambda lab=lab: lab.peek.double("a") is None)  # type: ignore[misc]
            assert await lab.double("a") == 10
        assert kept.is_consistent


async def test_O20_a_client_that_gives_a_command_up_invalidates_its_replicas_at_once(
    two: Pair,
) -> None:
    """Whether it wrote will not be told here; what needs no result is known."""
    assert [await two.client.get("a"), await two.client.get("b")] == [1, 2]
    command = asyncio.create_task(two.client.slow_put("a", 5))
    await until(lambda: two.lab.waiting)
    command.cancel()
    await asyncio.wait([command])
    assert two.client.peek.get("a") is None
    assert two.client.peek.get("b") is not None
    assert await two.client.get("a") == 1


async def test_O20_a_command_that_its_host_refused_keeps_the_replicas(two: Pair) -> None:
    """A failure that its host tells has invalidated what it had to, before it was told."""
    assert await two.client.get("a") == 1
    with pytest.raises(ArgumentError):
        await two.client.put("a", "not a number")  # type: ignore[arg-type]
    assert two.client.peek.get("a") is not None


async def test_D13_a_command_runs_on_one_host_only(nats_server: str) -> None:
    """However many hosts there are, each of many commands runs exactly once."""
    async with AsyncExitStack() as stack:
        labs = [TinyLab() for _ in range(3)]
        for lab in labs:
            await (await stack.enter_async_context(Host(nats_server))).serve(lab)
        callers = [await stack.enter_async_context(Host(nats_server)) for _ in range(3)]
        clients = [caller.client(LabClient) for caller in callers]
        await asyncio.gather(
            *(client.put(f"{c} {n}", n) for c, client in enumerate(clients) for n in range(50))
        )
        assert len({entry for lab in labs for entry in lab.ran}) == 150
        assert sum(len(lab.ran) for lab in labs) == 150


def published(key: StoredKey, *more: StoredKey) -> bytes:
    """What another host tells."""
    told = StoredOperation("1", "another", "lab.new", (key, *more))
    return nudges._encode(nudges._Nudge(told))


FORGED = {
    "a method that is not a compute method here": published(
        StoredKey("lab", "put", (b"\xa1a", b"\x01"))
    ),
    "a stream": published(StoredKey("lab", "count", (b"\x01",))),
    "an unknown method": published(StoredKey("lab", "unheard_of", (b"\x01",))),
    "a name that is no word": published(StoredKey("lab", "__class__", ())),
    "too few arguments": published(StoredKey("lab", "get", ())),
    "too many arguments": published(StoredKey("lab", "get", (b"\xa1a", b"\xa1a"))),
    "an argument of another type": published(StoredKey("lab", "get", (b"\x01",))),
    "an argument that does not decode": published(StoredKey("lab", "get", (b"\xc1",))),
    "the whole service": published(StoredKey("lab", "", ())),
    "another service": published(StoredKey("other", "get", (b"\xa1a",))),
    "no operation": b"\xc1",
    "nothing": b"",
    "text that is no UTF-8": b"\x93\xa2\xff\xfe\xa1c\x90",
    "lists without an end": b"\x91" * 100_000,
}


@pytest.mark.parametrize("what", FORGED)
async def test_O14_what_a_nudge_says_that_cannot_be_understood_is_the_whole_service(
    two: Pair, what: str
) -> None:
    """Another version of the contract may say it, or anybody: too much is invalidated, not less."""
    assert await two.client.double("b") == 4
    replica = two.client.peek.double("b")
    two.transport.publish("fusion.op.lab", FORGED[what])
    await until(lambda: two.lab.peek.double("b") is None)
    await until(lambda: replica is not None and not replica.is_consistent)


async def test_G14_every_handler_is_told_of_a_nudge_of_which_a_part_is_not_understood(
    two: Pair,
) -> None:
    """Keys before and after the one that names nothing here are applied, their handlers told."""
    told: list[str] = []
    for key in ("a", "b"):
        (await two.lab.computed.double(key)).on_invalidated(lambda c: told.append(c.key))
    keys = [
        StoredKey("lab", *key) for key in (("get", (b"\xa1a",)), ("put", ()), ("get", (b"\xa1b",)))
    ]
    two.transport.publish("fusion.op.lab", published(*keys))
    await until(lambda: len(told) == 2)
    assert sorted(told) == ["lab.double('a')", "lab.double('b')"]


async def test_O5_D21_forged_nudges_do_not_fill_the_log(
    two: Pair, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither those that cannot be read, nor those whose keys are none: they invalidate the whole
    service each, and one line of each kind is written."""
    for number in range(50):
        two.transport.publish("fusion.op.lab", b"\xc1")
        keys = (StoredKey("lab", "put", (b"\xa1a", b"\x01")),)  # which is no compute method
        told = StoredOperation(str(number), "another", f"lab.put{number}", keys)
        two.transport.publish("fusion.op.lab", nudges._encode(nudges._Nudge(told)))
    stale = await two.lab.computed.double("a")
    two.transport.publish("fusion.op.lab", b"\xc1")
    await until(lambda: stale.origin is not None)
    told_of = [each.getMessage() for each in caplog.records]
    assert len(told_of) == 2, told_of


async def test_O5_a_forged_nudge_with_a_name_without_end_costs_no_more_than_one_with_a_name(
    two: Pair,
) -> None:
    """Every origin repeats the name of the command: it is cut."""
    stale = await two.lab.computed.double("a")
    told = StoredOperation("1", "another", "x" * 500_000, (StoredKey("lab"),))
    forged = nudges._encode(nudges._Nudge(told))
    two.transport.publish("fusion.op.lab", forged)
    await until(lambda: stale.origin is not None)
    assert len(str(stale.origin)) < 1000
