"""One broker and one folder of versions for a module of tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.natsserver import NatsServer

from .versions import Workshop, workshop


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a nats-server."""
    server = NatsServer(tmp_path_factory.mktemp("broker"))
    yield server.url
    server.close()


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workshop]:
    """Where versions are made."""
    with workshop(tmp_path_factory.mktemp("versions")) as made:
        yield made
