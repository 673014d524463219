"""PostgreSQL, by asyncpg.

Positions are snapshots, as `pg_current_snapshot()` has them: below `xmin` all had ended, `xmax` and
above none had begun, and those of a list in between ran. What a later statement sees and the
snapshot did not is exactly what is new: each operation once, in whatever order transactions
commit, and without a clock (O6, O11); what was rolled back is no row, and is not waited for (O7).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final, NamedTuple

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Float,
    Insert,
    Table,
    Text,
    any_,
    cast,
    extract,
    false,
    func,
    literal_column,
    or_,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.engine import URL, Connection
from sqlalchemy.exc import DBAPIError, StatementError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from ..operations import Fate
from .flavour import Receipt
from .tables import operations

__all__ = ["Postgres"]

SERIALIZATION_FAILURE: Final = "40001"
DEADLOCK: Final = "40P01"
CHANNEL: Final = "fusion_operations"
"""What is said there is the host that stored an operation."""
ALIVE: Final = 30.0
"""Seconds after which a connection that is listened on must answer."""
BAD_VALUES: Final = "22"
"""A class of errors."""
NO_SUCH_COMPARISON: Final = "42883"

_XID = literal_column("CAST(CAST(pg_current_xact_id() AS text) AS bigint)", BigInteger)
_ENDED = text("SELECT pg_xact_status(CAST(CAST(:xid AS text) AS xid8))")
# A connection that was cut may leave its transaction open for hours. Its process may serve
# somebody else by now, behind a pooler: only together with the transaction it is the one.
_END = text(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
    "WHERE pid = :pid AND backend_xid = CAST(CAST(CAST(:xid AS text) AS xid8) AS xid)"
)


class _Snapshot(NamedTuple):
    """server: when it was started; another one may have another history."""

    server: str
    xmin: int
    xmax: int
    running: list[int]

    @classmethod
    def of(cls, position: str) -> _Snapshot:
        server, _, snapshot = position.partition("/")
        xmin, xmax, running = snapshot.split(":")
        return cls(server, int(xmin), int(xmax), [int(xid) for xid in running.split(",") if xid])


class Postgres:
    """See `Flavour`."""

    def __init__(self, notify: bool) -> None:
        self.notifies: Final = notify

    moment: Final = cast(extract("epoch", func.clock_timestamp()), Float)
    position: Final[ColumnElement[str]] = (
        cast(extract("epoch", func.pg_postmaster_start_time()), Text)
        + "/"
        + cast(func.pg_current_snapshot(), Text)
    )

    def engines(self, url: URL, options: Mapping[str, Any]) -> tuple[AsyncEngine, AsyncEngine]:
        engine = create_async_engine(url, **options)
        return engine, engine.execution_options(postgresql_readonly=True)

    def after(self, position: str) -> ColumnElement[bool]:
        last = _Snapshot.of(position)
        ran = cast(last.running, ARRAY(BigInteger))
        return or_(operations.c.xid >= last.xmax, operations.c.xid == any_(ran))

    def before(self, positions: list[str]) -> ColumnElement[bool]:
        if not positions:
            return false()
        return operations.c.xid < min(_Snapshot.of(position).xmin for position in positions)

    def follows(self, position: str, last: str) -> bool:
        one, other = _Snapshot.of(position), _Snapshot.of(last)
        return one.server == other.server and one.xmax >= other.xmax

    def insert(self, table: Table) -> Insert:
        return insert(table).on_conflict_do_nothing()

    async def store(self, connection: AsyncConnection, row: dict[str, Any]) -> Receipt | None:
        added = self.insert(operations).values(row | {"xid": _XID, "at": self.moment})
        names: list[Any] = [operations.c.xid, func.pg_backend_pid()]
        if self.notifies:  # it is sent by COMMIT
            names.append(func.pg_notify(CHANNEL, operations.c.iid))
        found = await connection.execute(added.returning(*names))
        stored = found.one_or_none()
        return None if stored is None else (stored[0], stored[1])

    async def receipt(self, connection: AsyncConnection) -> Receipt:
        xid, pid = (await connection.execute(select(_XID, func.pg_backend_pid()))).one()
        return xid, pid

    async def fate(self, connection: AsyncConnection, id: str, receipt: Receipt) -> Fate:
        xid, pid = str(receipt[0]), receipt[1]
        status = await connection.scalar(_ENDED, {"xid": xid})
        if status == "in progress":
            await connection.execute(_END, {"xid": xid, "pid": pid})
            return Fate.OPEN
        if id:  # a server that took over may know the number of the transaction, but not this one
            stored = select(operations.c.seq).where(operations.c.id == id)
            status = "committed" if await connection.scalar(stored) is not None else "aborted"
        return Fate.COMMITTED if status == "committed" else Fate.ROLLED_BACK

    def in_transaction(self, driver: Any) -> bool:
        return bool(driver.is_in_transaction())

    @asynccontextmanager
    async def reading(self, connection: AsyncConnection) -> AsyncIterator[None]:
        savepoint = await connection.begin_nested()
        await connection.execute(text("SET LOCAL transaction_read_only = on"))
        try:
            yield
        finally:  # that ends the setting, too
            await savepoint.rollback()

    async def stored(self, engine: AsyncEngine) -> AsyncGenerator[str, None]:
        heard: asyncio.Queue[str | None] = asyncio.Queue()
        async with engine.connect() as connection:
            driver: Any = (await connection.get_raw_connection()).driver_connection
            await connection.run_sync(Connection.detach)  # the pool makes another one
            driver.add_termination_listener(lambda _: heard.put_nowait(None))
            await driver.add_listener(CHANNEL, lambda *told: heard.put_nowait(told[3]))
            yield ""
            while True:
                try:
                    async with asyncio.timeout(ALIVE):
                        iid = await heard.get()
                except TimeoutError:
                    await driver.fetchval("SELECT 1", timeout=ALIVE)
                    continue
                if iid is None:
                    return
                yield iid

    def refuses(self, error: BaseException) -> bool:
        if not isinstance(error, DBAPIError):
            return isinstance(error, (StatementError, ValueError, TypeError))
        state = _state(error)
        return state.startswith(BAD_VALUES) or state == NO_SUCH_COMPARISON

    def conflicts(self, error: BaseException) -> bool:
        return _state(error) in {SERIALIZATION_FAILURE, DEADLOCK}


def _state(error: BaseException) -> str:
    """The code of the server's error; empty if it is none."""
    cause = error.orig if isinstance(error, DBAPIError) else None
    return getattr(cause, "sqlstate", None) or ""
