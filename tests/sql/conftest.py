"""Both databases, with tables."""

from __future__ import annotations

import pytest

from fusionrt.sql import Database
from tests.sql.shelf import Base


@pytest.fixture
async def url(empty: str) -> str:
    """The URL of a database of each kind, with our tables and those of `shelf`."""
    async with Database(empty) as db:
        await db.create_all(Base.metadata)
    return empty
