"""What is stopped amid a statement closes its connection first."""

from __future__ import annotations

import asyncio
import sqlite3
import threading

from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from fusionrt.primitives import CLOSING, spawn, stop_all
from tests.waiting import until

LONG = """
    WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 1000000)
    SELECT count(*) FROM numbers
"""


async def test_whoever_closes_a_connection_is_not_cancelled_again() -> None:
    """However long that takes a busy machine: neither its thread nor a task stays behind."""
    begun, go_on = threading.Event(), threading.Event()

    class Slow(sqlite3.Connection):
        """It closes when it may."""

        def close(self) -> None:
            begun.set()
            go_on.wait()
            super().close()

    engine = create_async_engine("sqlite+aiosqlite://", connect_args={"factory": Slow})
    connected = asyncio.Event()

    async def work() -> None:
        async with engine.connect() as connection:
            connected.set()
            await connection.execute(text(LONG))

    before = threading.active_count()
    working = spawn(work(), name="working")
    await connected.wait()
    stopping = spawn(stop_all([working], CLOSING), name="stopping")
    await until(begun.is_set)
    done, _ = await asyncio.wait([stopping], timeout=0.3)  # of three times the patience of others
    go_on.set()
    await stopping
    assert working.cancelled() and not done
    await until(lambda: threading.active_count() == before)
    assert asyncio.all_tasks() == {asyncio.current_task()}
    await engine.dispose()
