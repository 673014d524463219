"""Churn leaves nothing behind on either end (D17)."""

from __future__ import annotations

import asyncio
import random
from contextlib import suppress

from fusionrt import CallTimeout, Origin, OriginKind, Overloaded, RemoteError
from tests.lab import Broken, Pair
from tests.waiting import until

_TEST = Origin(OriginKind.CALL, "test")


async def test_D17_churn_leaves_nothing_behind(two: Pair) -> None:
    """Calls, reads, streams and watches, half of them cancelled or timed out: all are forgotten."""
    chance = random.Random(1)
    client = two.client

    async def something(number: int) -> None:
        key = str(number % 17)
        match number % 8:
            case 0:
                await client.double(key)
            case 1:
                await client.put(key, number)
            case 2:
                await client.echo(key)
            case 3:
                await client.with_options(timeout=0.01).wait()
            case 4:
                async for _ in client.count(chance.randrange(200)):
                    pass
            case 5:
                async for computed in client.changes.double(key):
                    if computed.value > number:
                        break
            case 6:
                await client.slow(key)
            case 7:
                await client.trouble(chance.choice(["declared", "secret", "cancelled"]))

    for _ in range(20):
        tasks = [asyncio.create_task(something(chance.randrange(10_000))) for _ in range(50)]
        await asyncio.wait(tasks, timeout=chance.random() * 0.02)
        for task in tasks:
            task.cancel()
        for task in tasks:
            with suppress(asyncio.CancelledError, CallTimeout, Overloaded, RemoteError, Broken):
                await task
    del tasks
    await until(lambda: not two.on_host().running)
    await client.echo("everything was told")
    assert (two.on_client().calls, two.on_host().blocked, two.lab.waiting) == (0, 0, 0)
    assert (two.peer().deadlines, two.on_host().deadlines) == (0, 0)
    await until(lambda: two.on_client().held == two.on_host().held)
    await until(lambda: two.on_client().session.digest == two.on_host().session.digest)
    two.calling.graph.invalidate_all(_TEST)
    await until(lambda: (two.on_client().held, two.on_host().held) == (0, 0))
    await until(lambda: two.on_host().session.registered == 0)
