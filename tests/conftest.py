"""Fixtures of every suite."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.natsserver import NatsServer


@pytest.fixture
def nats_process(tmp_path: Path) -> Iterator[NatsServer]:
    """A nats-server of this test alone, to be killed, frozen and restarted."""
    server = NatsServer(tmp_path)
    yield server
    server.close()


@pytest.fixture
def nats_server(nats_process: NatsServer) -> str:
    """The URL of a nats-server of this test alone."""
    return nats_process.url
