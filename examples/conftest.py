"""What the tests of the examples run against: real servers, as the framework's own tests do."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.js.browser import chromium, shared_chromium
from tests.natsserver import NatsServer
from tests.postgresserver import PostgresServer

__all__ = ["chromium", "shared_chromium"]


@pytest.fixture
def nats(tmp_path: Path) -> Iterator[str]:
    """The URL of a nats-server of this test alone."""
    server = NatsServer(tmp_path)
    yield server.url
    server.close()


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
    return f"sqlite+aiosqlite:///{tmp_path / 'example.db'}"
