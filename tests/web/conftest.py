"""Fixtures of this suite."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.waiting import QUICK

from .world import World, through_gateway


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


@pytest.fixture
async def stored(tmp_path: Path) -> AsyncIterator[World]:
    """With short times, at a broker that keeps tables."""
    async with through_gateway(tmp_path, QUICK, "-js", "-sd", str(tmp_path)) as world:
        yield world
