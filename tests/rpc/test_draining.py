"""A host that stops finishes what it runs, and hands its clients over (D22)."""

from __future__ import annotations

import asyncio

import pytest

from fusionrt import Host
from fusionrt.primitives import now
from fusionrt.rpc.host import responder
from fusionrt.rpc.host.greeted import COMING, MOST, Greeted
from fusionrt.rpc.host.responder import Responder
from fusionrt.transport import Message
from fusionrt.transport.memory import Faults, MemoryNetwork
from fusionrt.wire.envelopes import encode_client_envelope
from fusionrt.wire.frames import VERSION, Hello
from tests.lab import LabClient, TinyLab
from tests.virtual import virtual
from tests.waiting import until

from .pool_world import busy


async def test_D22_running_calls_and_commands_finish(nats_server: str) -> None:
    """Leaving a host waits for what it runs; the callers get their results."""
    lab = TinyLab({"a": 1})
    async with Host(nats_server) as calling:
        client = calling.client(LabClient)
        async with Host(nats_server) as serving:
            await serving.serve(lab)
            running = [
                asyncio.create_task(client.wait()),
                asyncio.create_task(client.slow_put("a", 5)),
                asyncio.create_task(client.slow("b")),
            ]
            await until(lambda: lab.waiting == 3)
            asyncio.get_running_loop().call_later(0.1, lab.gate.set)
        assert await asyncio.gather(*running) == ["waited", 5, 0]


@virtual
async def test_D22_the_first_call_of_a_client_that_was_just_welcomed_is_not_lost() -> None:
    """Its host begins to stop when it has not heard of it yet; who came before costs no time."""
    network = MemoryNetwork(1, Faults(delay=(0.005, 0.005)))
    async with Host(transport=network.connect("calling")) as calling:
        client = calling.client(LabClient)
        for seconds in (0.012, 1.0):
            lab = TinyLab()
            async with Host(transport=network.connect("serving")) as serving:
                await serving.serve(lab)
                putting = asyncio.create_task(client.put("a", 5))
                await asyncio.sleep(seconds)
                began = now()
            assert await putting == 5
            assert lab.ran == ["put a"]
        assert now() - began < 0.1


def test_D22_who_comes_when_all_others_have_moved_is_not_welcomed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whoever knows the host by its id, as for a shard: what he would call next would be lost."""
    network = MemoryNetwork()
    welcomed = dict[str, bool]()

    async def hello(iid: str, when: str) -> None:
        transport, answers = network.connect(when), list[Message]()
        await transport.subscribe(f"fusion.c.p1.{when}.>", answers.append)
        data = encode_client_envelope(when, "p1", 7, 0, (Hello(1, VERSION),))
        transport.publish(f"fusion.i.lab.{iid}", data)
        await asyncio.sleep(0.1)
        welcomed[when] = bool(answers)

    close, iids = Responder.close, list[str]()

    async def hello_and_close(self: Responder) -> None:
        await hello(iids[0], "after")
        await close(self)

    monkeypatch.setattr(Responder, "close", hello_and_close)

    @virtual
    async def main() -> None:
        async with Host(transport=network.connect("serving")) as serving:
            await serving.serve(TinyLab())
            iids.append(serving.iid)
            await hello(serving.iid, "before")
        assert welcomed == {"before": True, "after": False}

    main()


def test_D27_few_are_known_who_were_welcomed_and_did_not_come() -> None:
    """Those of a moment ago, and not all of a flood; who has come is none of them."""
    greeted = Greeted()
    assert greeted.expected(0.0) == 0.0
    for gen in range(3 * MOST):
        greeted.add(("c", "p", gen), gen / MOST)
    assert 0 < len(greeted._since) < MOST
    assert 0.0 < greeted.expected(3.0) <= COMING
    assert greeted.expected(4.0) <= 0.0
    for gen in range(2 * MOST):
        greeted.add(("d", "p", gen), 4.0)
    assert len(greeted._since) == MOST
    for gen in range(2 * MOST):
        greeted.came(("d", "p", gen))
    assert greeted.expected(4.0) == 0.0


async def test_D22_clients_move_at_once_to_another_host(
    nats_server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While a call still runs on the host that drains, every other one is served elsewhere; with
    the end of the last it is done, and waits for nobody who has moved.
    """
    monkeypatch.setattr(responder, "PARTING", 60.0)
    old, new = TinyLab({"a": 1}), TinyLab({"a": 2})
    new.gate.set()
    async with Host(nats_server) as calling, Host(nats_server) as staying:
        client = calling.client(LabClient)
        leaving = Host(nats_server)
        await leaving.__aenter__()
        await leaving.serve(old)
        assert await client.get("a") == 1
        slow = asyncio.create_task(client.wait())
        await until(lambda: old.waiting)
        await staying.serve(new)
        leave = asyncio.create_task(leaving.__aexit__(None, None, None))
        async with asyncio.timeout(5):
            async for computed in client.changes.get("a"):
                if computed.value == 2:
                    break
        assert await client.wait() == "waited"
        assert not slow.done() and not leave.done()
        old.gate.set()
        assert await slow == "waited"
        await asyncio.wait_for(leave, 10)


async def test_D2_a_result_of_a_host_that_drains_is_not_held(nats_server: str) -> None:
    """A value that comes after the farewell is good, but nobody would tell of its change."""
    old, new = TinyLab({"a": 1}), TinyLab({"a": 2})
    new.gate.set()
    async with Host(nats_server) as calling, Host(nats_server) as staying:
        client = calling.client(LabClient)
        leaving = Host(nats_server)
        await leaving.__aenter__()
        await leaving.serve(old)
        slow = asyncio.create_task(client.slow("a"))
        await until(lambda: old.waiting)
        await staying.serve(new)
        leave = asyncio.create_task(leaving.__aexit__(None, None, None))
        await until(lambda: calling.statistics().caller.peers["lab"].sessions[0].leaving)
        old.gate.set()
        assert await slow == 1
        assert await client.slow("a") == 2
        await leave


async def test_D19_a_call_that_waits_for_the_next_host_can_be_cancelled(nats_server: str) -> None:
    """Nothing of a call is left that was cancelled before there was a host to take it."""
    lab = TinyLab()
    lab.gate.set()
    async with Host(nats_server) as calling, Host(nats_server) as serving:
        client = calling.client(LabClient)
        command = asyncio.create_task(client.put("a", 1))
        await asyncio.sleep(0)
        stream = client.count(5)
        command.cancel()
        await asyncio.wait([command])
        await stream.aclose()  # type: ignore[attr-defined]
        await serving.serve(lab)
        assert await client.wait() == "waited"
        assert (lab.ran, lab.produced) == ([], 0)


class BlockingLab(TinyLab):
    """Its bodies take time, but never wait."""

    async def echo(self, text: str) -> str:
        busy(0.02)
        return text


async def test_D22_calls_in_line_finish_though_their_bodies_never_wait(nats_server: str) -> None:
    """They are no tasks that could be waited for; a host that leaves answers them all the same."""
    texts = [str(number) for number in range(100)]
    async with Host(nats_server) as calling:
        client = calling.client(LabClient)
        async with Host(nats_server) as serving:
            await serving.serve(BlockingLab())
            await client.put("a", 1)
            calls = [asyncio.create_task(client.echo(text)) for text in texts]
            await until(lambda: serving.statistics().services["lab"].gate.waiting)
        assert await asyncio.gather(*calls) == texts
