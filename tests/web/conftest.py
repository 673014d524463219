"""Fixtures of this suite."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from fusionrt.wire.limits import Timing

from .world import World, through_gateway

QUICK = Timing(keep_alive=0.2, lease=0.6, session=1.0, probe=0.1, hello=0.1)
"""A tenth of the times, so that what lapses does so soon."""


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """A shop with the times of production."""
    async with through_gateway(tmp_path) as world:
        yield world


@pytest.fixture
async def quick(tmp_path: Path) -> AsyncIterator[World]:
    """The same with short times."""
    async with through_gateway(tmp_path, QUICK) as world:
        yield world
