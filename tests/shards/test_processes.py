"""Shards with real processes, a real broker and a real JetStream (D20, D22)."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from fusiongen.commands.call import parse_call
from fusiongen.commands.live import Live
from fusionrt import Host, JetStreamUnavailable, OutcomeUnknown
from tests.e2e.processes import ServiceProcess
from tests.natsserver import NatsServer
from tests.shards.app import FOLDER, SLOW, Database, RoomsOnDisk
from tests.shards.generated.rooms import RoomsClient
from tests.waiting import until

APP = "tests.shards.app:rooms"
ROOMS = [f"room {number}" for number in range(24)]


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    """The database of the rooms, which every process under test uses."""
    monkeypatch.setenv(FOLDER, str(tmp_path))
    database = Database(tmp_path)
    yield database
    database.close()


class Load:
    """Somebody talks, reads and listens in each room, without a pause."""

    def __init__(self, host: Host) -> None:
        self.client = host.client(RoomsClient)
        self.failed: list[Exception] = []
        self.calls = 0
        self.shown: dict[str, int] = {}
        self._stop = False
        self._talking: list[asyncio.Task[None]] = []
        self._listening: list[asyncio.Task[None]] = []

    def start(self) -> None:
        self._talking = [asyncio.create_task(self._talk(room)) for room in ROOMS]
        self._listening = [asyncio.create_task(self._listen(room)) for room in ROOMS]

    async def stop(self) -> None:
        self._stop = True
        await asyncio.gather(*self._talking)

    async def end(self) -> None:
        tasks = [*self._talking, *self._listening]
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)

    async def more(self, calls: int) -> None:
        """Return when so many more calls were made."""
        wanted = self.calls + calls
        await until(lambda: self.calls >= wanted, within=30.0)

    async def _talk(self, room: str) -> None:
        for number in itertools.count():
            if self._stop:
                return
            try:
                said = await self.client.say(room, f"line {number}")
                read = await self.client.count(room)
                assert read >= said, f"{room}: own line {said} not read, but {read} (D15)"
                await self.client.wait(room)
            except Exception as error:
                self.failed.append(error)
                await asyncio.sleep(0.05)  # in an outage each fails at once: thousands a second
            self.calls += 3

    async def _listen(self, room: str) -> None:
        async for computed in self.client.changes.count(room):
            if computed.error is None:
                self.shown[room] = computed.value


def check_owners(database: Database) -> None:
    """No two owners of a room ran bodies at the same time (D20)."""
    by_room: dict[str, list[tuple[float, float, int]]] = {room: [] for room in ROOMS}
    for body in database.bodies():
        by_room[body.room].append((body.began, body.ended, body.token))
    for room, bodies in by_room.items():
        assert bodies
        ended: dict[int, float] = {}
        began: dict[int, float] = {}
        for start, end, token in bodies:
            began[token] = min(start, began.get(token, start))
            ended[token] = max(end, ended.get(token, end))
        for one, next_one in itertools.pairwise(sorted(began)):
            assert ended[one] <= began[next_one], f"{room}: {one} and {next_one} overlap"


@asynccontextmanager
async def loaded(
    url: str, database: Database, hosts: int
) -> AsyncIterator[tuple[Load, list[ServiceProcess]]]:
    """So many hosts and a load; at the end all have converged, and owners never overlapped."""
    processes = [await ServiceProcess(APP, url).start() for _ in range(hosts)]
    try:
        async with Host(url) as host:
            load = Load(host)
            load.start()
            try:
                await load.more(300)
                yield load, processes
                await load.more(300)
                await load.stop()
                truth = {room: database.count(room) for room in ROOMS}
                await until(lambda: load.shown == truth, within=15.0)
                for room in ROOMS:
                    assert await load.client.count(room) == truth[room]
            finally:
                await load.end()
            check_owners(database)
    finally:
        for process in processes:
            await process.__aexit__()


async def test_D22_hosts_come_and_go_under_load_and_no_call_fails(
    jetstream: str, database: Database
) -> None:
    """Three hosts are replaced one after the other: every call succeeds, each command runs once."""
    async with loaded(jetstream, database, 3) as (load, processes):
        for leaving in list(processes):
            processes.append(await ServiceProcess(APP, jetstream).start())
            await load.more(300)
            leaving.terminate()
            assert await leaving.ended() == 0
            await load.more(300)
        assert load.failed == []


async def test_D20_the_shards_of_a_killed_host_are_served_within_the_lease(
    jetstream: str, database: Database
) -> None:
    """Only commands that were under way there fail, and say that nobody knows; reads wait."""
    async with loaded(jetstream, database, 3) as (load, processes):
        await processes[0].kill()
        await load.more(1500)
        await asyncio.gather(*map(load.client.count, ROOMS))
        assert all(isinstance(error, OutcomeUnknown) for error in load.failed)
        assert len(load.failed) <= len(ROOMS)


@pytest.mark.parametrize("outage", [0.0, 8.0], ids=["restarted", "frozen-beyond-the-lease"])
async def test_D20_owners_outlive_the_broker(
    outage: float, tmp_path: Path, database: Database
) -> None:
    """JetStream keeps who owns what over a restart; while it is silent beyond the lease nobody
    serves, and then all go on.
    """
    server = NatsServer(tmp_path, "-js", "-sd", str(tmp_path / "jetstream"))
    try:
        async with loaded(server.url, database, 2) as (load, _):
            if outage:
                server.freeze()
                await asyncio.sleep(outage)
                server.thaw()
            else:
                server.restart()
            await load.more(600)
            unexpected = [e for e in load.failed if not isinstance(e, (OSError, TimeoutError))]
            assert unexpected == []
    finally:
        server.close()


async def test_D20_a_frozen_owner_neither_writes_nor_serves_when_it_wakes(
    jetstream: str, database: Database
) -> None:
    """While it was away another one took its place: its command is refused by the token that it
    carries, or stopped, and it answers no read of what it cached.
    """
    processes = [await ServiceProcess(APP, jetstream).start() for _ in range(2)]
    try:
        async with Host(jetstream) as host:
            client = host.client(RoomsClient)
            owners = {room: await client.owner(room) for room in ROOMS}
            frozen = owners[ROOMS[0]]
            mine = [room for room in ROOMS if owners[room] == frozen]
            for room in mine:
                await client.say(room, "before")
                assert await client.count(room) == 1
            slow = asyncio.create_task(client.say(mine[0], SLOW))
            await until(lambda: any(b.ended == b.began for b in database.bodies()))
            (victim,) = [process for process in processes if _serves(process, frozen)]
            victim.freeze()
            with pytest.raises(OutcomeUnknown):
                await slow
            for room in mine:
                assert await client.with_options(timeout=15.0).say(room, "meanwhile") == 2
                assert await client.count(room) == 2
            victim.thaw()
            for number in range(3, 23):
                for room in mine:
                    assert await client.say(room, f"line {number}") == number
                    assert await client.count(room) == number
            for room in mine:
                assert database.tokens(room) == sorted(database.tokens(room))
    finally:
        for process in processes:
            await process.__aexit__()


def _serves(process: ServiceProcess, iid: str) -> bool:
    """Whether a host is in that process."""
    folder = Path(f"/proc/{process.pid}/fd")
    return any(iid in str(link.readlink()) for link in folder.iterdir())


async def test_D20_without_jetstream_serving_says_what_to_start(
    nats_server: str, database: Database
) -> None:
    """A broker that keeps no tables cannot keep owners apart: nothing is served."""
    async with Host(nats_server) as host:
        with pytest.raises(JetStreamUnavailable, match=r"`nats-server -js`"):
            await host.serve(RoomsOnDisk(host.iid, database, 0))


async def test_D20_the_console_finds_the_owner(jetstream: str, database: Database) -> None:
    """It knows no contract: any host tells it whose shard a call is."""
    processes = [await ServiceProcess(APP, jetstream).start() for _ in range(3)]
    try:
        async with Host(jetstream) as host, Live.connect(jetstream) as live:
            owner = host.client(RoomsClient).owner
            for room in ROOMS:
                call = parse_call("rooms.owner", [json.dumps(room)])
                (answer,) = [text async for text in live.call(call, 10.0)]
                assert json.loads(answer) == await owner(room)
            call = parse_call("rooms.count", ['"room 1"'])
            changes = live.watch(call, 10.0)
            assert (await anext(changes)).value == "0"
            await host.client(RoomsClient).say("room 1", "hello")
            assert (await anext(changes)).value == "1"
            await changes.aclose()  # type: ignore[attr-defined]
    finally:
        for process in processes:
            await process.__aexit__()
