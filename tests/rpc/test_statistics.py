"""`host.statistics()`: what every long-lived part of a host tells of itself."""

from __future__ import annotations

import asyncio

import pytest

from fusionrt import Host, HostStatistics, NotBoundError
from fusionrt.rpc.host import gate
from fusionrt.transport.memory import MemoryNetwork
from tests.lab import LabClient, Pair
from tests.waiting import until


async def test_both_ends_tell_what_is_held_and_agree_on_it(two: Pair) -> None:
    """Results that are held count at both ends, and the digests over them are one (D12)."""
    for key in ("a", "b", "c"):
        await two.client.get(key)
    assert (two.on_host().held, two.on_client().held, two.peer().held) == (3, 3, 3)
    assert two.serving.statistics().services["lab"].held == 3
    await until(lambda: two.on_host().session.digest == two.on_client().session.digest)
    assert two.on_client().host == two.serving.iid
    assert two.on_host().client == two.calling.statistics().caller.cid
    assert two.on_host().principal == "anonymous"


async def test_what_runs_and_waits_is_told_while_it_does(two: Pair) -> None:
    """A call that runs counts at both ends, with its deadline; nothing of it is left after it."""
    call = asyncio.create_task(two.client.wait())
    await until(lambda: two.open() and two.on_host().running)
    served = two.serving.statistics().services["lab"]
    assert (served.gate.running, served.gate.waiting, served.gate.clients) == (1, 0, 0)
    assert (two.on_host().deadlines, two.peer().deadlines, two.peer().calls) == (1, 1, 1)
    two.lab.gate.set()
    await call
    await until(lambda: not two.on_host().running)
    served = two.serving.statistics().services["lab"]
    assert (served.gate.running, two.on_host().deadlines) == (0, 0)
    assert (two.peer().deadlines, two.peer().calls) == (0, 0)


async def test_D18_a_stream_that_waits_for_its_reader_is_blocked(two: Pair) -> None:
    """It counts as open, as running, and as blocked until it is read on, or left."""
    stream = two.client.count(100_000)
    await anext(stream)
    await until(lambda: two.on_host().blocked)
    assert (two.serving.statistics().services["lab"].streams, two.on_host().running) == (1, 1)
    async for number in stream:
        if number == 500:
            break
    del stream
    await until(lambda: not two.serving.statistics().services["lab"].streams)
    assert (two.on_host().blocked, two.on_host().running) == (0, 0)


@pytest.fixture
def one_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """A service runs one body; other calls wait."""
    monkeypatch.setattr(gate, "CONCURRENCY", 1)


@pytest.mark.usefixtures("one_at_a_time")
async def test_D17_a_call_that_is_given_up_in_line_leaves_no_deadline(two: Pair) -> None:
    """What waits for its turn and is cancelled is forgotten with all that belongs to it."""
    calls = [asyncio.create_task(two.client.wait()) for _ in range(3)]
    await until(lambda: two.open() and two.on_host().waiting == 2)
    assert (two.on_host().running, two.on_host().deadlines) == (1, 3)
    gate = two.serving.statistics().services["lab"].gate
    assert (gate.running, gate.waiting, gate.clients) == (1, 2, 1)
    calls[1].cancel()
    await until(lambda: two.on_host().waiting == 1)
    assert (two.on_host().running, two.on_host().deadlines) == (1, 2)
    two.lab.gate.set()
    assert (await calls[0], await calls[2]) == ("waited", "waited")
    await until(lambda: (two.on_host().running, two.on_host().deadlines) == (0, 0))


async def test_a_host_tells_nothing_of_what_it_does_not_do() -> None:
    """It serves nothing, and has called nobody."""
    async with Host(transport=MemoryNetwork(1).connect("alone")) as host:
        told = host.statistics()
        assert isinstance(told, HostStatistics)
        assert (told.outlet.waiting, told.outlet.ahead) == (0, 0)
        assert (told.services, told.caller.peers, told.caller.lost_broker) == ({}, {}, "")
        host.client(LabClient)
        assert host.statistics().caller.peers["lab"].sessions == ()


async def test_a_host_that_is_not_running_has_no_statistics() -> None:
    """Before it is entered, and after it was left."""
    host = Host(transport=MemoryNetwork(1).connect("host"))
    with pytest.raises(NotBoundError):
        host.statistics()
    async with host:
        assert host.statistics().transport.lost == 0
    with pytest.raises(NotBoundError):
        host.statistics()
