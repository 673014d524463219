"""What the tests of the examples run against: real servers, as the framework's own tests do."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.js.browser import chromium, shared_chromium
from tests.natsserver import NatsServer

__all__ = ["chromium", "shared_chromium"]


@pytest.fixture
def nats(tmp_path: Path) -> Iterator[str]:
    """The URL of a nats-server of this test alone."""
    server = NatsServer(tmp_path)
    yield server.url
    server.close()
