"""What a principal has sent, and no body has read, is counted against what it may have (D30)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from fusionrt import Host, Overloaded, Quota
from fusionrt.testing import eventually
from fusionrt.transport.memory import MemoryNetwork
from tests.streams.generated.flows import FlowsClient
from tests.streams.world import MyFlows

BLOB = 50_000


async def blobs(count: int) -> AsyncIterator[bytes]:
    """So many, of a size that a few of are too much."""
    for _ in range(count):
        yield bytes(BLOB)


async def test_D30_items_that_no_body_has_read_are_its_principals() -> None:
    """While they are too much it is refused more; others are not, and once they are read neither
    is it.
    """
    network, service = MemoryNetwork(1), MyFlows()
    quota = Quota(bytes=3 * BLOB)
    async with (
        Host(transport=network.connect("serving"), quota=quota) as serving,
        Host(transport=network.connect("one"), principal="one") as one,
        Host(transport=network.connect("other"), principal="other") as other,
    ):
        await serving.serve(service)
        client = one.client(FlowsClient)
        assert await client.blobs(blobs(1)) == BLOB
        service.pace.clear()
        sending = asyncio.create_task(client.blobs(blobs(20)))

        def held() -> int:
            accounts = serving.statistics().services["flows"].principals
            return next((each.bytes for each in accounts if each.principal == "one"), 0)

        await eventually(lambda: held() > quota.bytes)
        with pytest.raises(Overloaded):
            await client.sum(_none())
        with pytest.raises(Overloaded):
            await client.take(0, numbers=_none())
        assert await other.client(FlowsClient).sum(_none()) == 0
        service.pace.set()
        assert await sending == 20 * BLOB
        assert held() < BLOB

        async def is_admitted() -> None:
            assert await client.sum(_none()) == 0

        await eventually(is_admitted)


async def _none() -> AsyncIterator[int]:
    return
    yield
