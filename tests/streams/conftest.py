"""Fixtures of the tests of streams."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.streams.world import World, alone, in_memory, over_nats


@pytest.fixture(params=["in process", "in memory", "over NATS"])
async def world(request: pytest.FixtureRequest) -> AsyncIterator[World]:
    """A service and something to call it by: the same in every way."""
    match request.param:
        case "in process":
            made = alone()
        case "in memory":
            made = in_memory()
        case _:
            made = over_nats(request.getfixturevalue("nats_server"))
    async with made as world:
        yield world


@pytest.fixture
async def remote() -> AsyncIterator[World]:
    """In two hosts, over a network in memory."""
    async with in_memory() as world:
        yield world
