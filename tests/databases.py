"""Databases for every test that asks for one.

These are fixtures of the root's `conftest.py` alone: what two of them import is two fixtures, and
two servers in each worker.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.postgresserver import PostgresServer

__all__ = ["empty", "postgres", "postgres_server", "sqlite"]


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
    return f"sqlite+aiosqlite:///{tmp_path / 'test.db'}"


@pytest.fixture(params=["postgres", "sqlite"])
def empty(request: pytest.FixtureRequest) -> str:
    """The URL of an empty database of each kind."""
    url: str = request.getfixturevalue(request.param)
    return url
