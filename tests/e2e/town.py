"""A host of `Presence` in a process, by which somebody is there for as long as it lives."""

from __future__ import annotations

import asyncio
import os
from contextlib import AsyncExitStack, aclosing

from fusionrt import Host, Session
from fusionrt.ext import KeyValueStoreClient, PresenceOf, User, UsersOf
from fusionrt.primitives import spawn
from tests.ext.stays import staying

__all__ = ["TTL", "resident", "town"]

TTL = 3.0
"""Seconds after which a host that is silent is taken for dead."""


def resident(name: str) -> tuple[Session, User]:
    """Who is there by a host, and by which session."""
    return Session(f"{name}'s"), User(name.lower(), name)


async def town(host: Host) -> None:
    """RESIDENT: the name of whoever is there by this host; signed in by whoever has the store."""
    users = UsersOf(host.client(KeyValueStoreClient))
    exits = AsyncExitStack()
    presence = await exits.enter_async_context(PresenceOf(users, host, ttl=TTL))
    await host.serve(presence)
    there = asyncio.Event()

    async def stay() -> None:
        async with (
            exits,
            aclosing(staying(presence, resident(os.environ["RESIDENT"])[0], "")) as it,
        ):
            async for user in it:
                assert user is not None
                there.set()

    _running.append(spawn(stay(), name="the resident"))
    await there.wait()


_running: list[asyncio.Task[None]] = []
