"""`fusiongen operations` over a database: the log's tail, and how far each host is."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path

import pytest

from fusiongen.errors import GenerationError
from fusiongen.operations import found, show, shown
from fusionrt.sql import Database
from fusionrt.sql.tables import readers
from tests.commands.console import Background, fusiongen
from tests.services.contracts import Note
from tests.sql.readers import shard_at
from tests.sql.shelf import serving


async def lines(url: str, last: int = 20) -> list[str]:
    """What is printed of this database."""
    async with found(url, None, "fusion", None) as sources:
        return [line async for line in shown(sources, last, follow=False)]


async def printed(url: str, cwd: Path) -> str:
    """The same by a process of its own."""
    done = await asyncio.to_thread(fusiongen, "operations", url, cwd=cwd)
    assert done.returncode == 0, done.stderr
    return done.stdout


async def test_it_shows_hosts_events_and_the_newest_operations(
    nats_server: str, url: str, tmp_path: Path
) -> None:
    """What each invalidated by name; of arguments nothing, for nobody masks them here."""
    async with serving(nats_server, url) as first, serving(nats_server, url):
        for number in range(3):
            await first.notes.put(Note(number, "secret-owner", "secret-text"))
        told = await printed(url, tmp_path)
        rows = [line.split("\t") for line in told.splitlines()]
        hosts = [row for row in rows if row[0] == "host"]
        iid = first.host._open().iid
        assert len(hosts) == 2 and iid in [row[2] for row in hosts]
        assert {row[3][:6] for row in hosts} <= {"lag 0.", "lag 1.", "lag 2.", "lag 3.", "lag 4."}
        assert ["events", "0 waiting, 0 due, 0 claimed, 0 dead"] in rows
        entries = [row for row in rows if row[1] == "notes.put"]
        assert [row[3] for row in entries] == [iid] * 3
        assert all("notes.get" in row[2] for row in entries)
        assert "secret" not in told
        assert len([each for each in await lines(url, last=2) if "notes.put" in each]) == 2


async def test_a_host_that_lags_is_marked(nats_server: str, url: str) -> None:
    """By the database's clock, with how many operations it has not read."""
    async with serving(nats_server, url) as host:
        await stopped(url, "frozen", 0.0)
        await host.notes.put(Note(1, "me", "a"))
        await age(url, "frozen", 40.0)
        (line,) = [each for each in await lines(url) if "frozen" in each]
        mark, process, iid, lag, unread = line.split("\t")
        assert (mark, process, iid, unread) == ("! host", "machine:1", "frozen", "1 unread")
        assert 40 <= float(lag.split()[1]) < 60


async def stopped(url: str, iid: str, ago: float) -> None:
    """A reader that wrote down where it is so many seconds ago, and then no more."""
    async with shard_at(url) as shard, shard.writes.begin() as connection:
        row = {"iid": iid, "process": "machine:1", "position": shard.flavour.position}
        await connection.execute(readers.insert().values(**row, seen=shard.flavour.moment - ago))


async def age(url: str, iid: str, seconds: float) -> None:
    """It was that long ago."""
    async with shard_at(url) as shard, shard.writes.begin() as connection:
        seen = shard.flavour.moment - seconds
        own = readers.update().where(readers.c.iid == iid)
        await connection.execute(own.values(seen=seen))


async def remove(url: str, iid: str) -> None:
    """It left."""
    async with shard_at(url) as shard, shard.writes.begin() as connection:
        await connection.execute(readers.delete().where(readers.c.iid == iid))


async def test_it_follows_operations_and_hosts(
    nats_server: str, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each operation once; a host when it comes, falls behind, catches up and leaves."""
    monkeypatch.setattr(show, "PERIOD", 0.05)
    async with serving(nats_server, url) as host, found(url, None, "fusion", None) as sources:
        await host.notes.put(Note(1, "me", "a"))
        async with aclosing(shown(sources, 5, follow=True)) as coming:
            await reached(coming, "notes.put")
            for number in range(2, 5):
                await host.notes.put(Note(number, "me", "b"))
            for _ in range(3):
                assert "notes.put" in await anext(coming)
            await stopped(url, "other", 0.0)
            assert (await anext(coming)).startswith("host\tmachine:1\tother")
            await age(url, "other", 31.0)
            assert (await anext(coming)).startswith("! host\tmachine:1\tother")
            await age(url, "other", 0.0)
            assert (await anext(coming)).startswith("host\tmachine:1\tother")
            await remove(url, "other")
            assert await anext(coming) == "left\tmachine:1\tother"


async def reached(coming: AsyncIterator[str], text: str) -> str:
    """The first line that has the text."""
    async for line in coming:
        if text in line:
            return line
    raise AssertionError


async def test_a_process_that_follows_ends_by_ctrl_c(
    nats_server: str, sqlite: str, tmp_path: Path
) -> None:
    """It prints as it goes, and ends with 0."""
    async with Database(sqlite) as db:
        await db.create_all()
    with Background("operations", sqlite, "--follow", cwd=tmp_path) as following:
        await asyncio.to_thread(following.wait_for, "nobody reads this log")
        await stopped(sqlite, "other", 0.0)
        await asyncio.to_thread(following.wait_for, "machine:1")
        assert await asyncio.to_thread(following.stop, signal.SIGINT) == 0


async def test_a_database_is_named_as_the_application_has_it(url: str, tmp_path: Path) -> None:
    """`MODULE:ATTR`; of several shards each line begins with its own."""
    (tmp_path / "where.py").write_text(
        f"from fusionrt.sql import Database\ndb = Database({{'eu': {url!r}, 'us': {url!r}}})\n"
    )
    told = await printed("where:db", tmp_path)
    assert [line.split("\t")[:2] for line in told.splitlines()] == [
        *(["eu", "nobody reads this log"], ["eu", "events"]),
        *(["us", "nobody reads this log"], ["us", "events"]),
    ]


async def test_a_database_that_is_away_is_told_without_its_password(tmp_path: Path) -> None:
    """In one sentence, with what to do."""
    url = "postgresql+asyncpg://ann:geheim@127.0.0.1:1/shop"
    done = await asyncio.to_thread(fusiongen, "operations", url, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert "no database answers at postgresql+asyncpg://ann:***@127.0.0.1:1/shop" in done.stderr
    assert "start it" in done.stderr and "geheim" not in done.stderr


async def test_without_tables_it_says_so(empty: str, tmp_path: Path) -> None:
    """And a file of SQLite is not made by looking."""
    path = tmp_path / "test.db"
    if "sqlite" in empty:
        with pytest.raises(GenerationError, match="no such file"):
            await lines(empty)
        assert not path.exists()
        path.touch()
    done = await asyncio.to_thread(fusiongen, "operations", empty, cwd=tmp_path)
    assert done.returncode == 1
    assert "fusion_operations" in done.stderr and "fusiongen migrations" in done.stderr


@pytest.mark.parametrize(
    ("where", "problem"),
    [
        ("nowhere", "MODULE:ATTR"),
        ("tests.sql.shelf:Base", "is no `fusionrt.sql.Database`"),
        ("tests.sql.shelf:nothing", "is no `fusionrt.sql.Database`"),
        ("tests.sql.nothing:db", "cannot be imported"),
    ],
)
async def test_what_names_no_database_is_refused(where: str, problem: str) -> None:
    """With what it could have been."""
    with pytest.raises(GenerationError, match=problem):
        await lines(where)
