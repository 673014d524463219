"""Both databases, for every test that asks for one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from fusionrt.sql import Database
from tests.postgresserver import PostgresServer
from tests.sql.shelf import Base


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """The PostgreSQL of all tests of this process."""
    server = PostgresServer()
    yield server
    server.close()


@pytest.fixture
async def postgres(postgres_server: PostgresServer) -> str:
    """The URL of an empty PostgreSQL database of this test alone."""
    return await postgres_server.database()


@pytest.fixture
def sqlite(tmp_path: Path) -> str:
    """The URL of a SQLite database of this test alone, which is not there yet."""
    return f"sqlite+aiosqlite:///{tmp_path / 'shelf.db'}"


@pytest.fixture(params=["postgres", "sqlite"])
def empty(request: pytest.FixtureRequest) -> str:
    """The URL of an empty database of each kind."""
    url: str = request.getfixturevalue(request.param)
    return url


@pytest.fixture
async def url(empty: str) -> str:
    """The URL of a database of each kind, with our tables and those of `shelf`."""
    async with Database(empty) as db:
        await db.create_all(Base.metadata)
    return empty
