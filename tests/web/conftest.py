"""Fixtures of this suite."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

from fusionrt.wire.limits import Timing

from .world import World

QUICK = Timing(keep_alive=0.2, lease=0.6, session=1.0, probe=0.1, hello=0.1)
"""A tenth of the times, so that what lapses does so soon."""


@pytest.fixture
async def world(nats_server: str) -> AsyncIterator[World]:
    """A shop with the times of production."""
    async with AsyncExitStack() as exits:
        yield World(nats_server, exits, Timing())


@pytest.fixture
async def quick(nats_server: str) -> AsyncIterator[World]:
    """The same with short times."""
    async with AsyncExitStack() as exits:
        yield World(nats_server, exits, QUICK)
