"""A real broker that dies, forgets, or is tampered with, under hosts that share its log."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from nats.aio.msg import Msg

from fusionrt import BrokerUnavailable, Host, JetStreamLog, JetStreamUnavailable, OutcomeUnknown
from fusionrt.operations import Nudges
from fusionrt.operations.jetstream import commands, following, storing
from fusionrt.transport import Extent
from fusionrt.transport.stream import StreamJournal, _Consumer
from tests.e2e.processes import ServiceProcess
from tests.faults.proxy import Proxy
from tests.faults.test_cluster import free_ports
from tests.lab import LabClient, TinyLab
from tests.natsserver import NatsServer
from tests.waiting import until

from .hosts import STREAM, Site, jetstream_of, site, told


@pytest.fixture(autouse=True)
def silent(monkeypatch: pytest.MonkeyPatch) -> None:
    """No host nudges another one: what is heard comes from the log."""
    monkeypatch.setattr(Nudges, "tell", lambda *_: None)


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[NatsServer]:
    """A broker that is killed and started again."""
    server = NatsServer(tmp_path, "-js", "-sd", str(tmp_path / "jetstream"))
    yield server
    server.close()


async def heard_by(it: Site, number: int, key: str = "a") -> None:
    """A command of the first host is applied on this one, and its read is fresh."""
    held = await it.labs[number].computed.double(key)
    await it.labs[0].put(key, it.data.get(key, 0) + 1)
    await until(lambda: not held.is_consistent)
    assert await it.labs[number].double(key) == 2 * it.data[key]


async def test_O18_a_broker_that_is_killed_goes_on_where_it_was(broker: NatsServer) -> None:
    """With its storage nothing is lost, and nothing more is invalidated than what changed."""
    async with site(broker.url, broker.url) as it:
        await heard_by(it, 1)
        kept = await it.labs[1].computed.double("b")
        for _ in range(3):
            broker.restart()
            await heard_by(it, 1)
        assert kept.is_consistent


async def test_O9_a_broker_that_lost_its_storage_invalidates_everything(
    broker: NatsServer, tmp_path: Path
) -> None:
    """The stream is made anew; what was in it, and not read, may have been anything."""
    async with site(broker.url, broker.url) as it:
        await heard_by(it, 1)
        held = [await lab.computed.double("b") for lab in it.labs]
        broker.kill()
        shutil.rmtree(tmp_path / "jetstream")
        broker.start()
        await until(lambda: not any(each.is_consistent for each in held))
        await heard_by(it, 1)


async def test_O9_a_stream_that_went_back_invalidates_everything_everywhere(
    broker: NatsServer, tmp_path: Path
) -> None:
    """JetStream acknowledges before it syncs: after a loss of power the last operations are gone.
    A host that was behind cannot see that; one that was not tells it.
    """
    storage, copy = tmp_path / "jetstream", tmp_path / "copy"
    async with Proxy(broker.port, 1) as proxy, site(broker.url, proxy.url) as it:
        await heard_by(it, 1)
        broker.kill()
        shutil.copytree(storage, copy)
        broker.start()
        held = await it.labs[1].computed.double("a")
        with proxy.cut():
            await it.labs[0].put("a", 100)
            await it.log(0).catch_up()
            broker.kill()
            shutil.rmtree(storage)
            copy.rename(storage)
            broker.start()
        await until(lambda: not held.is_consistent)
        assert await it.labs[1].double("a") == 200
        await heard_by(it, 1)


async def test_O9_a_stream_that_grew_again_after_it_went_back_is_noticed(
    broker: NatsServer, tmp_path: Path
) -> None:
    """Other operations stand where those were that this host has applied."""
    storage, copy = tmp_path / "jetstream", tmp_path / "copy"
    async with Proxy(broker.port, 1) as proxy, site(broker.url, proxy.url) as it:
        await heard_by(it, 1)
        broker.kill()
        shutil.copytree(storage, copy)
        broker.start()
        await heard_by(it, 1, "b")
        held = await it.labs[1].computed.double("b")
        with proxy.cut():
            broker.kill()
            shutil.rmtree(storage)
            copy.rename(storage)
            broker.start()
            async with jetstream_of(broker.url) as js:
                for number in range(3):
                    await js.publish("fusion.log.op", told(id=f"new{number}"))
        await until(lambda: not held.is_consistent)


async def test_O9_a_purge_of_what_was_not_read_is_noticed(broker: NatsServer) -> None:
    """Of what was read nothing is lost."""
    async with Proxy(broker.port, 1) as proxy, site(broker.url, proxy.url) as it:
        await heard_by(it, 1)
        held = await it.labs[1].computed.double("b")
        async with jetstream_of(broker.url) as js:
            await js.purge_stream(STREAM)
        await heard_by(it, 1)
        assert held.is_consistent
        with proxy.cut():
            await it.labs[0].put("a", 50)
            async with jetstream_of(broker.url) as js:
                await js.purge_stream(STREAM)
        await until(lambda: not held.is_consistent)
        assert await it.labs[1].double("a") == 100


async def test_O9_a_stream_that_is_deleted_under_running_hosts_is_made_anew(
    broker: NatsServer,
) -> None:
    """Commands wait for it; all that is cached is invalidated, on every host."""
    async with site(broker.url, broker.url) as it:
        held = [await lab.computed.double("b") for lab in it.labs]
        async with jetstream_of(broker.url) as js:
            await js.delete_stream(STREAM)
        await it.labs[0].put("a", 5)
        await until(lambda: not any(each.is_consistent for each in held))
        await heard_by(it, 1)


async def test_O9_a_host_that_was_cut_off_for_longer_than_the_retention_has_nothing_cached(
    broker: NatsServer,
) -> None:
    """What was stored meanwhile is not kept any more; no read by a client is stale."""
    async with (
        Proxy(broker.port, 1) as proxy,
        site(broker.url, retention=1.0) as it,
    ):
        lab = await it.join(Host(proxy.url, prefix="fusion", log=JetStreamLog()))
        held = await lab.computed.double("a")
        with proxy.cut():
            await it.labs[0].put("a", 50)
            async with jetstream_of(broker.url) as js, asyncio.timeout(10):
                while (await js.stream_info(STREAM)).state.messages:  # noqa: ASYNC110
                    await asyncio.sleep(0.02)
        await it.leaving[0].aclose()
        client = await it.client(broker.url)
        assert await client.double("a") == 100
        assert not held.is_consistent


async def test_O9_a_process_that_was_stopped_serves_nothing_stale(
    broker: NatsServer, tmp_path: Path
) -> None:
    """SIGSTOP for longer than the retention; what the broker has sent meanwhile says that all is
    well, and comes before the first call. (What its own clients hold is suspended: D6.)
    """
    values = tmp_path / "values"
    values.mkdir()
    (values / "a").write_text("1")
    environment = {"FUSION_TEST_VALUES": str(values)}
    async with (
        ServiceProcess("tests.jetstream.app:lab", broker.url, environment=environment) as process,
        Host(broker.url) as calling,
        Host(broker.url) as later,
    ):
        client = calling.client(LabClient)
        assert await client.double("a") == 2
        process.freeze()
        (values / "a").write_text("5")
        stopped = time.monotonic()
        reading = asyncio.create_task(
            later.client(LabClient).with_options(timeout=20.0).double("a")
        )
        await until(lambda: time.monotonic() > stopped + 1.5)
        process.thaw()
        assert await reading == 10
        await until(lambda: client.peek.double("a") is None)


class Losing:
    """Loses records on their way to whichever host comes first, once it may."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.lost = 0
        self.wanted = 0
        came = _Consumer.came

        def losing(consumer: _Consumer, message: Msg) -> None:
            if self.lost < self.wanted and message.subject.startswith("fusion.log"):
                self.lost += 1
            else:
                came(consumer, message)

        monkeypatch.setattr(_Consumer, "came", losing)


async def test_O4_a_gap_is_read_again(broker: NatsServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """A record is lost on its way to each host: what comes next tells, and all is read again; so
    nothing is lost, and nothing more is invalidated than what changed.
    """
    losing = Losing(monkeypatch)
    monkeypatch.setattr(following, "BEAT", 60.0)  # nothing else tells
    async with site(broker.url, broker.url) as it:
        held = await it.labs[1].computed.double("a")
        kept = await it.labs[1].computed.double("b")
        losing.wanted = 2
        await it.labs[0].put("a", 5)
        await until(lambda: losing.lost == 2)
        await it.labs[0].put("c", 5)
        await until(lambda: not held.is_consistent)
        assert await it.labs[1].double("a") == 10
        await it.log(1).catch_up()
        assert kept.is_consistent


async def test_O4_the_last_record_is_missed_though_none_comes_after_it(
    broker: NatsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next beat says that there was one."""
    losing = Losing(monkeypatch)
    async with site(broker.url, broker.url) as it:
        held = await it.labs[1].computed.double("a")
        losing.wanted = 2
        await it.labs[0].put("a", 5)
        await until(lambda: not held.is_consistent)
        assert losing.lost == 2


async def test_O4_a_consumer_that_an_operator_deletes_is_made_again(broker: NatsServer) -> None:
    """Nothing tells that it is gone, but that it is silent."""
    async with site(broker.url, broker.url) as it:
        held = await it.labs[1].computed.double("a")
        async with jetstream_of(broker.url) as js:
            for consumer in await js.consumers_info(STREAM):
                await js.delete_consumer(STREAM, consumer.name)
        await it.labs[0].put("a", 5)
        await until(lambda: not held.is_consistent)


@pytest.fixture
def answered(monkeypatch: pytest.MonkeyPatch) -> list[Extent]:
    """Each time that a host was told how far the log is."""
    extents: list[Extent] = []
    extent = StreamJournal.extent

    async def told(journal: StreamJournal) -> Extent:
        extents.append(await extent(journal))
        return extents[-1]

    monkeypatch.setattr(StreamJournal, "extent", told)
    return extents


async def test_O4_catching_up_waits_for_the_broker(
    broker: NatsServer, answered: list[Extent]
) -> None:
    """Many that ask share an answer."""
    async with Proxy(broker.port, 1) as proxy, site(broker.url, proxy.url) as it:
        before = len(answered)
        held = await it.labs[1].computed.double("a")
        with proxy.cut():
            await it.labs[0].put("a", 5)
            asked = [asyncio.create_task(it.log(1).catch_up()) for _ in range(100)]
            await until(lambda: it.log(1).statistics().lag > 0.1)
            assert not any(task.done() for task in asked)
        await asyncio.gather(*asked)
        assert not held.is_consistent
        assert len(answered) - before < 50


async def test_O4_catching_up_waits_for_all_that_was_stored_before(
    broker: NatsServer, monkeypatch: pytest.MonkeyPatch, answered: list[Extent]
) -> None:
    """The broker has told how far its log is; what is on its way is not applied yet."""
    came, on_its_way = _Consumer.came, list[tuple[_Consumer, Msg]]()
    async with site(broker.url, broker.url) as it:
        held = await it.labs[1].computed.double("a")
        with monkeypatch.context() as slow:
            slow.setattr(_Consumer, "came", lambda *sent: on_its_way.append(sent))
            await it.labs[0].put("a", 5)
            before = len(answered)
            asked = asyncio.create_task(it.log(1).catch_up())
            await until(lambda: len(answered) > before)
            await until(lambda: len(on_its_way) >= 2)
            assert not asked.done()
            assert held.is_consistent
        for sent in on_its_way:
            came(*sent)
        await asked
        assert not held.is_consistent


async def test_a_host_that_lags_says_so(
    broker: NatsServer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """And that it is over."""
    monkeypatch.setattr(following, "LAG", 0.6)
    async with Proxy(broker.port, 1) as proxy, site(proxy.url) as it:
        with proxy.cut():
            await until(lambda: "fusion-log was not read for" in caplog.text)
        await until(lambda: "fusion-log is read again" in caplog.text)
        assert it.log(0).statistics().lag < 2


async def test_a_command_does_not_begin_while_jetstream_is_away(
    broker: NatsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It says so, nothing ran, and nothing is invalidated."""
    monkeypatch.setattr(commands, "PATIENCE", 0.3)
    async with site(broker.url) as it:
        lab = it.labs[0]
        held = await lab.computed.double("a")
        broker.kill()
        await until(lambda: it.log(0).statistics().lag > 0.1)
        with pytest.raises(JetStreamUnavailable, match=STREAM):
            await asyncio.wait_for(_refused(lab), 10)
        ran = lab.ran.count("put a")
        with pytest.raises(BrokerUnavailable):
            await lab.put("a", 9)
        assert (lab.ran.count("put a"), held.is_consistent) == (ran, ran == 0)
        broker.start()
        monkeypatch.undo()
        await lab.put("a", 7)
        assert await lab.double("a") == 14


async def _refused(lab: TinyLab) -> None:
    while True:
        try:
            await lab.put("a", 5)
        except OutcomeUnknown:  # it began before the connection was known to be lost
            continue


async def test_O20_what_could_not_be_stored_in_time_is_stored_later(
    broker: NatsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The command ran: its caller is told that the outcome is unknown, its own reads see it, and
    the others' as soon as JetStream is there again.
    """
    monkeypatch.setattr(storing, "PATIENCE", 0.3)

    class Waiting(TinyLab):
        async def put(self, key: str, value: int) -> int:
            await self._at_gate()
            return await super().put(key, value)

    async with site(broker.url) as it:
        lab = await it.join(Host(broker.url, log=JetStreamLog()), Waiting)
        held = [await each.computed.double("a") for each in it.labs]
        command = asyncio.create_task(lab.put("a", 5))
        await until(lambda: lab.waiting)
        broker.kill()
        lab.gate.set()
        with pytest.raises(OutcomeUnknown, match="is not in the operation log"):
            await command
        assert await lab.double("a") == 10
        assert held[0].is_consistent
        broker.start()
        await until(lambda: not held[0].is_consistent)
        assert await it.labs[0].double("a") == 10


async def test_O20_an_acknowledgement_that_is_lost_stores_it_once(broker: NatsServer) -> None:
    """It is said again, with the same id."""
    async with Proxy(broker.port, 1) as proxy, site(broker.url) as it:
        lab = await it.join(Host(proxy.url, log=JetStreamLog()))
        held = await it.labs[0].computed.double("a")
        with proxy.held("down"):
            command = asyncio.create_task(lab.put("a", 5))
            await until(lambda: not held.is_consistent)
            assert not command.done()
        assert await command == 5
        async with jetstream_of(broker.url) as js:
            assert (await js.stream_info(STREAM)).state.messages == 1


async def test_a_host_whose_broker_has_no_jetstream_says_so(nats_server: str) -> None:
    """When it is entered."""
    with pytest.raises(JetStreamUnavailable, match="nats-server -js"):
        async with Host(nats_server, log=JetStreamLog()):
            pass


async def test_a_stream_that_is_something_else_s_is_refused(jetstream: str) -> None:
    """Another system's stream of that name is not touched; another name helps."""
    async with jetstream_of(jetstream) as js:
        await js.add_stream(name=STREAM, subjects=["orders.>"])
    with pytest.raises(JetStreamUnavailable, match=r"without the subject fusion\.log\.>"):
        async with Host(jetstream, log=JetStreamLog()):
            pass
    async with site(jetstream, jetstream, stream="mine") as it:
        await heard_by(it, 1)


async def test_O18_a_cluster_of_three_loses_each_broker_in_turn(tmp_path: Path) -> None:
    """With three replicas the log goes on without any of them, and no change is missed."""
    with ExitStack() as servers:
        nodes = cluster(tmp_path, servers)
        urls = [node.url for node in nodes]
        await _until_it_serves(",".join(urls))
        async with site(",".join(urls), ",".join(urls[::-1]), replicas=3) as it:
            await heard_by(it, 1)
            for node in nodes:
                node.kill()
                await _heard_again(it)
                node.start()
                await _heard_again(it)


async def _heard_again(it: Site) -> None:
    """Commands may fail while a leader is elected; once one succeeds it is heard of."""
    held = await it.labs[1].computed.double("a")
    async with asyncio.timeout(30):
        while True:
            try:
                await it.labs[0].put("a", it.data["a"] + 1)
                break
            except (BrokerUnavailable, OutcomeUnknown):
                continue
    await until(lambda: not held.is_consistent, within=30)
    assert await it.labs[1].double("a") == 2 * it.data["a"]


async def _until_it_serves(url: str) -> None:
    """A cluster elects a leader before JetStream answers."""
    async with asyncio.timeout(30):
        while True:
            try:
                async with Host(url, log=JetStreamLog(replicas=3)):
                    return
            except JetStreamUnavailable:
                await asyncio.sleep(0.1)


def cluster(folder: Path, stack: ExitStack) -> list[NatsServer]:
    """Three brokers that have JetStream together."""
    ports = free_ports(3)
    routes = ",".join(f"nats://127.0.0.1:{port}" for port in ports)
    nodes: list[NatsServer] = []
    for number, port in enumerate(ports):
        own = folder / str(number)
        own.mkdir()
        mine = ("-n", f"n{number}", "--cluster_name", "test", "--cluster")
        line = f"nats://127.0.0.1:{port}"
        nodes.append(NatsServer(own, *mine, line, "--routes", routes, "-js", "-sd", str(own)))
        stack.callback(nodes[-1].close)
    return nodes
