"""A host that does events, and dies as they say."""

from __future__ import annotations

import asyncio
import os
import signal

from fusionrt import Host, operation
from fusionrt.sql import Database
from fusionrt.sql.outbox import claims
from tests.sql.reminders import Asking, Due

LEASE = 4.0
"""Seconds that claims last, in each process of these tests."""


async def app(host: Host) -> None:
    """Serve the notes from a host with the log of the database, and remind of them there."""
    claims.LEASE = LEASE  # type: ignore[misc]
    db = Database(os.environ["FUSION_TEST_DB"])
    serving = await Host(host.url, log=db.log()).__aenter__()
    notes = Asking(db=db)
    await serving.serve(notes)

    async def remind(event: Due, id: str) -> None:
        print("handling", flush=True)
        if event.text == "wait":
            try:
                await asyncio.Event().wait()
            finally:
                print("stopped", flush=True)
        with operation.once(id):
            await notes.touch(event.note)
        os.kill(os.getpid(), signal.SIGKILL)

    serving.on(Due, remind)
