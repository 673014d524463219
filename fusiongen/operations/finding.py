"""Which log is meant by what was typed."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fusionrt.broker import HOST, PORT
from fusionrt.rpc import CONSOLE, Subjects
from fusionrt.transport.nats import NatsTransport

from ..errors import GenerationError
from .source import Source

if TYPE_CHECKING:
    from fusionrt.sql import Database

__all__ = ["found"]


@asynccontextmanager
async def found(
    database: str | None, nats: str | None, prefix: str, stream: str | None
) -> AsyncIterator[Sequence[Source]]:
    """The logs of a database, one a shard; without one that of JetStream.

    database: a URL of SQLAlchemy, or `MODULE:ATTR` of a `Database`. stream: unless it is that of
    the prefix.

    Raises:
        GenerationError: there is no such database, or it does not answer.
        MissingPackage: the extra `sql` is not installed.
        BrokerUnavailable: no broker answers.
    """
    if database is not None:
        from .database import InDatabase

        async with _database(database) as db:
            try:
                yield [InDatabase(db, shard) for shard in db.shards]
            except OSError as error:
                raise GenerationError(
                    f"no database answers at {_shown(database)} ({error}): start it, or give the "
                    "URL of another"
                ) from error
        return
    from .jetstream import InJetStream

    principal = os.environ.get("FUSION_PRINCIPAL") or CONSOLE
    transport = await NatsTransport.connect(
        nats or f"nats://{HOST}:{PORT}", inbox=f"_INBOX_{principal}"
    )
    try:
        yield [InJetStream(transport.jetstream(), stream or Subjects(prefix).stream)]
    finally:
        await transport.close()


def _database(where: str) -> Database:
    from fusionrt.sql import Database

    if "://" not in where:
        return _named(where, Database)
    _, _, path = where.partition(":///")
    if where.startswith("sqlite") and path and not Path(path.partition("?")[0]).exists():
        raise GenerationError(f"{where}: there is no such file, and looking should not make one")
    return Database(where)


def _shown(where: str) -> str:
    """As it was typed, but for the password."""
    from sqlalchemy.engine import make_url

    return make_url(where).render_as_string() if "://" in where else where


def _named(where: str, kind: type[Database]) -> Database:
    module, _, attribute = where.partition(":")
    if not module or not attribute:
        raise GenerationError(
            f"{where} is neither the URL of a database, such as sqlite+aiosqlite:///todo.db, nor "
            "MODULE:ATTR of a `fusionrt.sql.Database`"
        )
    if os.getcwd() not in sys.path:
        sys.path.insert(0, os.getcwd())
    try:
        named: Any = getattr(importlib.import_module(module), attribute, None)
    except ImportError as error:
        raise GenerationError(f"{where} cannot be imported: {error}") from error
    if not isinstance(named, kind):
        raise GenerationError(f"{where} is no `fusionrt.sql.Database`")
    return named
