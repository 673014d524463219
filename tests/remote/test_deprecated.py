"""Deprecated methods, called from another process."""

from __future__ import annotations

from functools import partial

from fusionrt import Host
from tests.golden.deprecated.expected.carts import CartsClient
from tests.golden.deprecated.impl import Carts_
from tests.golden.deprecated.impl import warned as warned_in

warned = partial(warned_in, file=__file__)


async def test_a_deprecated_method_warns_its_caller_and_nobody_else(nats_server: str) -> None:
    """Each call warns once, in the caller's line; the host that answers it raises no warning."""
    async with Host(nats_server) as serving, Host(nats_server) as calling:
        await serving.serve(Carts_())
        carts = calling.client(CartsClient)
        with warned():
            assert await carts.total("a") == 0
        with warned("Use `put`, which says when"):
            await carts.set("a", 3)
        for _ in range(2):  # from the host, and from the replica
            with warned("Use `total`"):
                assert await carts.sum("a", limit=2) == 2
        with warned("Use `total`"):
            assert (await carts.computed.sum("a")).value == 3
        with warned("Watch `changes.total`"):
            assert [item async for item in carts.events()] == [1]
