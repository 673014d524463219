"""What a client knew when its last process ended (W7)."""

from __future__ import annotations

import asyncio
import sqlite3
import stat
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from fusionrt import CacheUnavailable, ClientCache, Host, RemoteUnavailable
from fusionrt.cache.store import Store
from tests.lab import Broken, LabClient, TinyLab
from tests.natsserver import NatsServer
from tests.waiting import until

pytestmark = pytest.mark.usefixtures("nats_process")


@dataclass
class World:
    """A lab that can be there or not, and processes of a client, one after the other."""

    url: str
    file: Path
    lab: TinyLab = field(default_factory=TinyLab)

    @asynccontextmanager
    async def served(self) -> AsyncIterator[Host]:
        """The lab is there."""
        async with Host(self.url) as host:
            self.lab = TinyLab(data=self.lab.data)
            await host.serve(self.lab)
            yield host

    @asynccontextmanager
    async def client(self, *, of: str = "", **options: int) -> AsyncIterator[LabClient]:
        """A process of the client."""
        async with Host(self.url, cache=ClientCache(self.file, of=of, **options)) as host:
            yield host.client(LabClient)

    def rows(self) -> int:
        """How many results the file has."""
        with sqlite3.connect(self.file) as database:
            count: int = database.execute("SELECT COUNT(*) FROM results").fetchone()[0]
        database.close()
        return count


@pytest.fixture
def world(nats_process: NatsServer, tmp_path: Path) -> World:
    return World(nats_process.url, tmp_path / "cache.db")


async def test_W7_the_last_known_value_comes_at_once_then_the_proof(world: World) -> None:
    """With its host there: suspended at first, and the same computed once its host said so, which
    sent no payload.
    """
    world.lab.data["a"] = 1
    async with world.served():
        async with world.client() as lab:
            assert await lab.double("a") == 2
        async with world.client() as lab:
            changes = lab.changes.double("a")
            first = await anext(changes)
            assert (first.value, first.is_suspended) == (2, True)
            again = await anext(changes)
            assert again is first
            assert (again.value, again.is_suspended) == (2, False)
    assert world.lab.ran == ["double a", "get a"]


async def test_W7_what_changed_meanwhile_is_replaced(world: World) -> None:
    """The last known value, then the new one; who reads strictly never sees the old one."""
    world.lab.data["a"] = 1
    async with world.served(), world.client() as lab:
        await lab.get("a")
    world.lab.data["a"] = 5
    async with world.served(), world.client() as lab:
        values = []
        async for computed in lab.changes.get("a"):
            values.append((computed.value, computed.is_suspended))
            if not computed.is_suspended:
                break
        assert values == [(1, True), (5, False)]
    world.lab.data["a"] = 7
    async with world.served(), world.client() as lab:
        assert await lab.get("a") == 7


async def test_W7_in_an_outage_the_last_known_value_is_there(world: World) -> None:
    """`stale_ok` reads and watchers have it, strict reads learn that nobody is there; once somebody
    is, it is current without being asked for.
    """
    world.lab.data["a"] = 1
    async with world.served(), world.client() as lab:
        await lab.get("a")
    async with world.client() as lab:
        assert await lab.with_options(stale_ok=True).get("a") == 1
        with pytest.raises(RemoteUnavailable):
            await lab.get("a")
        assert await lab.with_options(stale_ok=True).get("a") == 1
        with pytest.raises(RemoteUnavailable):
            await lab.with_options(stale_ok=True).get("b")
        replica = lab.peek.get("a")
        assert replica is not None and replica.is_suspended
        async with world.served():
            await until(lambda: not replica.is_suspended)
            assert await lab.get("a") == 1


async def test_W7_what_is_made_from_it_is_marked_too(world: World) -> None:
    """A result made here from a last known one is suspended with it (D6b)."""
    from fusionrt import computed

    world.lab.data["a"] = 1
    async with world.served(), world.client() as lab:
        await lab.get("a")
    async with world.client() as lab:
        made = computed(lambda: lab.with_options(stale_ok=True).get("a"))
        result = await anext(aiter(made.changes()))
        assert (result.value, result.is_suspended) == (1, True)


async def test_W7_no_result_crosses_users(world: World) -> None:
    """What one user was told is not there for another, nor for another principal or prefix."""
    world.lab.data["a"] = 1
    async with world.served(), world.client(of="ann") as lab:
        await lab.get("a")
    async with world.client(of="bob") as lab:
        with pytest.raises(RemoteUnavailable):
            await lab.with_options(stale_ok=True).get("a")
    async with world.client(of="ann") as lab:
        assert await lab.with_options(stale_ok=True).get("a") == 1


async def test_W7_signing_out_forgets(world: World) -> None:
    """Of one user, in the file and in the process; nothing of its bytes is left."""
    async with world.served():
        for user in "ann", "bob":
            async with world.client(of=user) as lab:
                await lab.blob(4321)
        cache = ClientCache(world.file, of="ann")
        async with Host(world.url, cache=cache) as host:
            await host.client(LabClient).get("later")
            await cache.clear()
        assert world.rows() == 1
    async with world.client(of="ann") as lab:
        with pytest.raises(RemoteUnavailable):
            await lab.with_options(stale_ok=True).blob(4321)


async def test_W7_it_is_bounded(world: World) -> None:
    """What was not used for longest makes room for the rest."""
    async with world.served():
        async with world.client(max_bytes=50_000) as lab:
            await lab.blob(20_000)
        async with world.client(max_bytes=50_000) as lab:
            await lab.blob(20_001)
        async with world.client(max_bytes=50_000) as lab:
            await lab.blob(20_000)
        async with world.client(max_bytes=50_000) as lab:
            await lab.blob(20_002)
    assert world.rows() == 2
    async with world.client() as lab:
        assert len(await lab.with_options(stale_ok=True).blob(20_000)) == 20_000
        with pytest.raises(RemoteUnavailable):
            await lab.with_options(stale_ok=True).blob(20_001)


async def test_W7_what_has_become_an_error_is_forgotten(world: World) -> None:
    """A result that its host refuses now is not shown at the next start."""

    class Forbidding(TinyLab):
        async def get(self, key: str) -> int:
            raise Broken("lock", count=1)

    async with world.served(), world.client() as lab:
        await lab.get("a")
    async with Host(world.url) as host:
        await host.serve(Forbidding())
        async with world.client() as lab:
            with pytest.raises(Broken):
                await lab.get("a")
    assert world.rows() == 0


async def test_W7_a_killed_process_has_kept_what_it_knew(world: World) -> None:
    """It is written soon, not at the end."""
    async with world.served(), world.client() as lab:
        await lab.get("a")
        await until(lambda: world.rows() == 1)


async def test_the_file_is_nobody_elses(world: World) -> None:
    """Others of this machine cannot read it."""
    async with world.client():
        assert stat.S_IMODE(world.file.stat().st_mode) == 0o600


@pytest.mark.parametrize("content", [b"not a database, but a text of mine", b""])
async def test_another_programs_file_is_left_alone(world: World, content: bytes) -> None:
    """It is refused, and says which file; nothing of it changes. An empty one is taken."""
    world.file.write_bytes(content)
    if not content:
        async with world.client():
            return
    with pytest.raises(CacheUnavailable, match=r"cache\.db"):
        async with world.client():
            pass
    assert world.file.read_bytes() == content


async def test_another_programs_database_is_left_alone(world: World) -> None:
    """Also one with a table of the same name."""
    with sqlite3.connect(world.file) as database:
        database.execute("CREATE TABLE results (mine TEXT)")
    database.close()
    with pytest.raises(CacheUnavailable, match="something else"):
        async with world.client():
            pass


async def test_a_folder_that_is_not_there_is_told(world: World) -> None:
    """Nothing runs then, and the message names the file."""
    world.file = world.file.parent / "nowhere" / "cache.db"
    with pytest.raises(CacheUnavailable, match="nowhere"):
        async with world.client():
            pass


async def test_two_processes_share_a_file(world: World) -> None:
    """Each adds what it learned."""
    async with world.served(), world.client() as one, world.client() as other:
        await asyncio.gather(*(one.get(f"a{n}") for n in range(50)))
        await asyncio.gather(*(other.get(f"b{n}") for n in range(50)))
    assert world.rows() == 100


async def test_its_file_is_closed_after_the_last_write(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also of one that is under way when the host ends, and takes long."""
    did: list[str] = []
    writing, goes_on = threading.Event(), threading.Event()

    def write(store: Store, *_: object) -> None:
        writing.set()
        goes_on.wait(10.0)
        did.append("written")

    closing = Store.close

    def close(store: Store) -> None:
        did.append("closed")
        closing(store)

    monkeypatch.setattr(Store, "write", write)
    monkeypatch.setattr(Store, "close", close)
    async with world.served():
        cache = ClientCache(world.file)
        async with Host(world.url, cache=cache) as host:
            await host.client(LabClient).get("a")
            await until(writing.is_set)
            leaving = asyncio.create_task(cache.close())
            await asyncio.sleep(0)
            goes_on.set()
            await leaving
    assert did == ["written", "closed"]
