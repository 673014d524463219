"""A version that is rolled back reads what the newer one stored, over one database (O14).

Each version is a process with a broker of its own: what it learns of the other it has from the log.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from fusiongen.commands.call import parse_call
from fusiongen.commands.live import Live
from fusionrt.sql import Database
from tests.e2e.processes import ServiceProcess
from tests.natsserver import NatsServer

from .versions import TABLE, Version, write_versions


@dataclass
class Shop:
    """A process of one version, and a console that calls it."""

    process: ServiceProcess
    live: Live

    async def __call__(self, method: str, *arguments: object) -> Any:
        """The result of a call."""
        call = parse_call(f"carts.{method}", [json.dumps(each) for each in arguments])
        (result,) = [json.loads(each) async for each in self.live.call(call, 20.0)]
        return result

    async def comes_to(self, expected: object, method: str, *arguments: object) -> None:
        """Return when a call has this result."""
        async with asyncio.timeout(20):
            while True:
                if await self(method, *arguments) == expected:
                    return
                await asyncio.sleep(0.02)


@dataclass
class Street:
    """Where shops are opened, over one database."""

    url: str
    folder: Path
    exits: AsyncExitStack
    old: Version
    new: Version
    db: Database

    async def open(self, version: Version) -> Shop:
        """One more process, behind a broker of its own."""
        number = len(list(self.folder.glob("broker-*")))
        (self.folder / f"broker-{number}").mkdir()
        broker = self.exits.enter_context(closing(NatsServer(self.folder / f"broker-{number}")))
        process = ServiceProcess(
            "shop.app:main",
            broker.url,
            paths=(version.folder,),
            environment={"SHOP_DB": self.url},
        )
        await self.exits.enter_async_context(process)
        live = await self.exits.enter_async_context(Live.connect(broker.url))
        return Shop(process, live)

    async def sql(self, statement: str) -> None:
        """Change the database behind everybody's back."""
        async with self.db.begin() as session:
            await session.execute(text(statement))


@pytest.fixture
async def street(empty: str, tmp_path: Path) -> AsyncIterator[Street]:
    """Both versions, over a database of each kind."""
    async with _street(empty, tmp_path) as street:
        yield street


@asynccontextmanager
async def _street(url: str, folder: Path) -> AsyncIterator[Street]:
    old, new = write_versions(folder)
    async with Database(url) as db, AsyncExitStack() as exits:
        await db.create_all()
        street = Street(url, folder, exits, old, new, db)
        await street.sql(TABLE)
        yield street


async def test_O14_what_a_newer_version_stored_reaches_the_older_one_as_its_whole_service(
    street: Street,
) -> None:
    """A method that it does not know, one with a parameter more, and a command that it has not."""
    old, new = await street.open(street.old), await street.open(street.new)
    await old("put", {"id": "a", "count": 1})
    assert await old("get", "a") == {"id": "a", "count": 1}
    assert await old("find", 1) == ["a"]
    await street.sql("UPDATE carts SET count = 7")
    assert await old("get", "a") == {"id": "a", "count": 1}  # it is cached
    await new("put", {"id": "b", "count": 2, "note": "new"})
    await old.comes_to({"id": "a", "count": 7}, "get", "a")
    assert await old("find", 1) == ["a", "b"]
    await new("clear")
    await old.comes_to([], "find", 1)
    assert await old("get", "a") is None


async def test_O14_the_newer_version_reads_what_the_older_one_stored(street: Street) -> None:
    """A method that has lost what it had been made from, or has a parameter more now."""
    old, new = await street.open(street.old), await street.open(street.new)
    await new("put", {"id": "a", "count": 1})
    assert await new("get", "a") == {"id": "a", "count": 1, "note": ""}
    assert await new("find", 1, 5) == ["a"]
    await old("put", {"id": "b", "count": 2})
    await new.comes_to(["a", "b"], "find", 1, 5)


async def test_O14_a_version_is_rolled_back(street: Street) -> None:
    """The older one begins over what the newer one has stored, and a command that was sent to that
    has its first result (O13), as far as it is known here."""
    new = await street.open(street.new)
    await new("put_once", "first", {"id": "a", "count": 1, "note": "kept"})
    await new("clear")
    await new("put", {"id": "b", "count": 2, "note": "kept"})
    new.process.terminate()
    assert await new.process.ended() == 0
    old = await street.open(street.old)
    assert await old("get", "a") is None
    assert await old("put_once", "first", {"id": "a", "count": 9}) == {"id": "a", "count": 1}
    assert await old("get", "a") is None
    await old("put", {"id": "b", "count": 3})
    assert await old("get", "b") == {"id": "b", "count": 3}
    assert await old("put_once", "second", {"id": "c", "count": 1}) == {"id": "c", "count": 1}
    new = await street.open(street.new)
    again = await new("put_once", "second", {"id": "c", "count": 9, "note": "late"})
    assert {"note": "", **again} == {"id": "c", "count": 1, "note": ""}
    assert await new("get", "b") == {"id": "b", "count": 3, "note": "kept"}
