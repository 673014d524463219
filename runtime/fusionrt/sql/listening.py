"""Hearing of what others store from the database itself: a hint to read the log (O5).

What is not heard is read by the next poll, so nothing here has to be certain.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import aclosing
from typing import Final

from ..operations import Follower
from ..primitives import CLOSING, background, stop_all
from .reader import Reader
from .shard import Shard

__all__ = ["listen_forever"]

RETRY: Final = 1.0
"""Seconds until a lost connection is replaced."""

_log = logging.getLogger("fusionrt")


async def listen_forever(
    shard: Shard, follower: Follower, reader: Reader, on_events: Callable[[], None]
) -> None:
    """Read the log whenever another host says that it has stored something.

    on_events: called then, for that may have been events.
    """
    stored = asyncio.Event()

    def heard(iid: str) -> None:
        if iid != follower.iid:
            stored.set()

    hearing = background(_hear(shard, heard), name="fusion listener")
    try:
        while True:
            await stored.wait()
            stored.clear()
            on_events()
            await reader.catch_up()
    finally:
        await stop_all([hearing], CLOSING)


async def _hear(shard: Shard, heard: Callable[[str], None]) -> None:
    told = False
    while True:
        try:
            async with aclosing(shard.flavour.stored(shard.writes)) as stored:
                async for iid in stored:
                    heard(iid)
                    told = False
        except Exception as error:
            if not told:
                _log.warning("what other hosts store is not heard from the database: %s", error)
            told = True
        await asyncio.sleep(RETRY)
