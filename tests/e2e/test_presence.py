"""`Presence` by real processes that are killed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, suppress

from fusionrt import Computed, Host, RemoteUnavailable, Session
from fusionrt.ext import KeyValueStoreInMemory, PresenceClient, User, UsersOf
from fusionrt.primitives import spawn

from .processes import ServiceProcess
from .town import resident

EVE = User("eve", "Eve")
"""She comes from another process, by whichever host there is."""


async def shows(changes: AsyncIterator[Computed[tuple[User, ...]]], *names: str) -> list[set[str]]:
    """What was proven until these were there, and nobody else."""
    seen = []
    async with asyncio.timeout(60):
        async for known in changes:
            if known.error is None and known.is_consistent:
                seen.append({user.name for user in known.value})
                if seen[-1] == set(names):
                    return seen
    raise AssertionError


async def stay(presence: PresenceClient) -> None:
    """Again and again, as a page does."""
    while True:
        with suppress(RemoteUnavailable):
            async for _ in presence.stay():
                pass
        await asyncio.sleep(0)


async def test_who_was_there_by_a_host_that_is_killed_is_gone_and_nobody_else(
    jetstream: str,
) -> None:
    """After its time, for those who watch by the other host; who came by it from elsewhere comes to
    the other one. A host that starts later takes over from that.
    """
    async with AsyncExitStack() as exits:
        host, page, watcher = [await exits.enter_async_context(Host(jetstream)) for _ in range(3)]
        users = UsersOf(store := KeyValueStoreInMemory())
        await host.serve(store)
        for name in ("Ann", "Bob", "Cat"):
            await users.sign_in(*resident(name))
        await users.sign_in(Session(f"anonymous.{page.statistics().caller.cid}"), EVE)

        async def comes(name: str) -> ServiceProcess:
            process = ServiceProcess(
                "tests.e2e.town:town", jetstream, environment={"RESIDENT": name}
            )
            return await exits.enter_async_context(process)

        one = await comes("Ann")
        eve = spawn(stay(page.client(PresenceClient)), name="Eve's page")
        exits.callback(eve.cancel)
        changes = watcher.client(PresenceClient).changes.who()
        await shows(changes, "Ann", "Eve")
        two = await comes("Bob")
        await shows(changes, "Ann", "Bob", "Eve")
        await one.kill()
        seen = await shows(changes, "Bob", "Eve")
        assert all("Bob" in names for names in seen)
        await comes("Cat")
        await shows(changes, "Bob", "Cat", "Eve")
        await two.kill()
        seen = await shows(changes, "Cat", "Eve")
        assert all("Cat" in names for names in seen)
