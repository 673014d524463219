"""Where a script plays: hosts of one database that hear no nudges, and poll only when told to."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from unittest.mock import patch

from sqlalchemy import insert

from fusionrt import Host
from fusionrt.operations.nudges import Nudges
from fusionrt.sql import Database
from fusionrt.sql import reader as reader_module
from fusionrt.sql.flavour import Flavour
from fusionrt.sql.log import _OpenSqlLog
from fusionrt.sql.reader import Reader
from fusionrt.sql.shard import Shard
from fusionrt.wire.frames import Mark

from ..judge import differences, truth
from ..ledger import ACCOUNTS, Account, Base, LedgerInSql

__all__ = ["Actor", "Stage", "staged"]

NEVER = 1e6
"""Seconds between two polls that are not to happen."""


@dataclass
class Actor:
    """A host with its own connections to the database."""

    db: Database
    host: Host
    ledger: LedgerInSql

    @property
    def nudges(self) -> Nudges:
        """What it hears."""
        return self.host._open().commits.nudges

    @property
    def iid(self) -> str:
        """Of its host."""
        return self.nudges._iid

    @property
    def reader(self) -> Reader:
        """Of its log."""
        log = self.nudges.log
        assert isinstance(log, _OpenSqlLog)
        (reader,) = log._readers
        return reader

    async def read(self) -> dict[str, int]:
        """What it believes that there is."""
        return {account: await self.ledger.get(account) for account in ACCOUNTS}


@dataclass
class Stage:
    """Both have read all accounts, which are empty, and hold them in their caches."""

    nats: str
    url: str
    truth: Database
    here: Actor = field(init=False)
    there: Actor = field(init=False)

    @property
    def shard(self) -> Shard:
        """Of a connection that nobody plays with."""
        return self.truth._at("")

    @property
    def flavour(self) -> type[Flavour]:
        """Of the database."""
        return type(self.shard.flavour)

    def mark(self, actor: Actor) -> Mark:
        """What a client brings that was told of the first command which a host ended."""
        log = actor.nudges.log
        assert log is not None
        return Mark("ledger", f"{actor.iid}/{log.name}", 1)

    @asynccontextmanager
    async def another(self) -> AsyncIterator[Actor]:
        """A host that has read all accounts."""
        async with Database(self.url) as db, Host(self.nats, log=db.log()) as host:
            actor = Actor(db, host, LedgerInSql(db))
            await host.serve(actor.ledger)
            await actor.read()
            yield actor

    async def wrong(self, *actors: Actor) -> list[str]:
        """What they read otherwise than it is."""
        true = await truth(self.truth)
        read = [differences(await actor.read(), true) for actor in actors]
        return [f"read, and is not so: {each}" for each in read if each]


@asynccontextmanager
async def staged(nats: str, url: str) -> AsyncIterator[Stage]:
    """url: of an empty database."""
    async with Database(url) as db:
        await db.create_all(Base.metadata)
        async with db.begin() as session:
            await session.execute(insert(Account), [{"name": a, "value": 0} for a in ACCOUNTS])
        stage = Stage(nats, url, db)
        deaf = patch.object(Nudges, "_received", lambda *_: None)
        with deaf, patch.object(reader_module, "POLL", NEVER):
            async with stage.another() as stage.here, stage.another() as stage.there:
                yield stage
