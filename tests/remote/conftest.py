"""Fixtures: a lab and its client in two hosts, over a real broker."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from .lab import Pair, pair


@pytest.fixture
async def two(nats_server: str) -> AsyncIterator[Pair]:
    """A lab and a client of it, each in a host of its own."""
    async with pair(nats_server) as two:
        yield two
