"""Rooms in a database that every host shares, for processes under test."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from fusionrt import Host, fencing_token
from tests.shards.generated.rooms import RoomsService

__all__ = ["FOLDER", "SLOW", "Body", "Database", "RoomsOnDisk", "rooms"]

FOLDER = "TEST_ROOMS"
"""The environment's name of the folder of the database, and of the bodies' log."""
SLOW = "slow"
"""What is said slowly."""


class Body(NamedTuple):
    """A body that ran, on a clock that all processes share; one without an end was killed."""

    host: str
    room: str
    token: int
    began: float
    ended: float


class Database:
    """What was said, each line once; a line with the token of a former owner is refused."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._rows = sqlite3.connect(folder / "rooms.db", timeout=20.0, isolation_level=None)
        self._rows.execute("PRAGMA journal_mode=WAL")
        self._rows.execute("PRAGMA synchronous=OFF")
        self._rows.execute(
            "CREATE TABLE IF NOT EXISTS said"
            "(id INTEGER PRIMARY KEY, room TEXT, text TEXT, token INTEGER, UNIQUE(room, text))"
        )

    def say(self, room: str, text: str, token: int) -> int:
        """Add a line: how many there are."""
        self._rows.execute("BEGIN IMMEDIATE")
        try:
            written = self._rows.execute(
                "INSERT INTO said(room, text, token) SELECT ?, ?, ? WHERE NOT EXISTS "
                "(SELECT 1 FROM said WHERE room = ? AND token > ?)",
                (room, text, token, room, token),
            )
            if not written.rowcount:
                raise PermissionError(f"{token} is no token of the owner of {room}")
            return self.count(room)
        finally:
            self._rows.execute("COMMIT")

    def count(self, room: str) -> int:
        """How many lines there are."""
        row = self._rows.execute("SELECT COUNT(*) FROM said WHERE room = ?", (room,)).fetchone()
        return int(row[0])

    def tokens(self, room: str) -> list[int]:
        """The token of each line, in their order."""
        rows = self._rows.execute("SELECT token FROM said WHERE room = ? ORDER BY id", (room,))
        return [int(token) for (token,) in rows]

    def bodies(self) -> list[Body]:
        """Every body that ran in any process."""
        begun: dict[str, Body] = {}
        for path in self._folder.glob("*.bodies"):
            for line in path.read_text().splitlines():
                what, id, room, token, at = line.split("\t")
                host = path.stem
                if what == "begins":
                    begun[id] = Body(host, room, int(token), float(at), float(at))
                else:
                    begun[id] = begun[id]._replace(ended=float(at))
        return list(begun.values())

    def close(self) -> None:
        """Close it."""
        self._rows.close()


@dataclass(eq=False)
class RoomsOnDisk(RoomsService):
    """The bodies."""

    host: str
    database: Database
    log: int
    count_of_bodies: int = 0

    @contextmanager
    def _body(self, room: str) -> Iterator[int]:
        """A body that runs, under this token."""
        token = fencing_token()
        self.count_of_bodies += 1
        id = f"{self.host}:{self.count_of_bodies}"
        self._write("begins", id, room, token)
        try:
            yield token
        finally:
            self._write("ends", id, room, token)

    def _write(self, what: str, id: str, room: str, token: int) -> None:
        os.write(self.log, f"{what}\t{id}\t{room}\t{token}\t{time.monotonic()}\n".encode())

    async def count(self, room: str) -> int:
        with self._body(room):
            return self.database.count(room)

    async def starting(self, letter: str, *, room: str) -> int:
        with self._body(room):
            return 0

    async def say(self, room: str, text: str) -> int:
        with self._body(room) as token:
            await asyncio.sleep(1.0 if text.startswith(SLOW) else 0.002)
            return self.database.say(room, text, token)

    async def owner(self, room: str) -> str:
        with self._body(room):
            return self.host

    async def wait(self, room: str) -> str:
        with self._body(room):
            await asyncio.sleep(0.05)
            return self.host

    async def look(self, room: str) -> str:
        return await self.owner(room)

    async def knock(self, room: str) -> None:
        await self.owner(room)

    async def lines(self, room: str, since: int = 0) -> AsyncIterator[str]:
        await asyncio.Event().wait()
        yield ""

    async def tell(self, room: str, texts: AsyncIterator[str]) -> int:
        raise NotImplementedError

    async def enter(self, room: str, texts: AsyncIterator[str]) -> tuple[str, AsyncIterator[str]]:
        raise NotImplementedError


async def rooms(host: Host) -> None:
    """Serve the rooms."""
    folder = Path(os.environ[FOLDER])
    log = os.open(folder / f"{host.iid}.bodies", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    await host.serve(RoomsOnDisk(host.iid, Database(folder), log))
